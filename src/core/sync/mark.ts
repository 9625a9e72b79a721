import { createHash } from 'node:crypto'
import { type JsonObject, canonicalJson, isJsonObject } from '../json.ts'
import { type KubernetesObject, type ObjectId, groupOf, objectIdOf } from '../manifest/kubernetes-object.ts'
import type { LiveMetadata } from './live-metadata.ts'
import { type SyncId, parseSyncId } from './sync-id.ts'

/** Only for selecting lists: operators copy labels, so it proves nothing. */
export const syncLabel = 'lotse.dev/sync'
/** Names the object that it is on, so a copy on another object is known as one. This is the proof. */
export const markAnnotation = 'lotse.dev/mark'
/** What was wanted when it was applied last. Paths of managed fields have no values; this has. */
export const appliedAnnotation = 'lotse.dev/applied'

/** The object as it is sent to the API server. Pod templates stay as they are: a new label there would roll every pod. */
export function marked(object: KubernetesObject, id: SyncId): KubernetesObject {
  const { labels, annotations } = object.metadata
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...objectOf(labels), [syncLabel]: id },
      annotations: {
        ...objectOf(annotations),
        [markAnnotation]: formatMark(id, objectIdOf(object)),
        [appliedAnnotation]: appliedHash(object),
      },
    },
  }
}

/** Of what git wants, before it is marked. */
export function appliedHash(object: KubernetesObject): string {
  return createHash('sha256').update(canonicalJson(object)).digest('hex').slice(0, 32)
}

/** `foreign`: without a mark, or with one that was copied from another object. */
export function isOurs(live: LiveMetadata, id: SyncId): 'ours' | 'foreign' | 'other-sync' {
  const owner = ownerOf(live)
  if (owner === undefined) return 'foreign'
  return owner === id ? 'ours' : 'other-sync'
}

/** The sync that has marked this very object. */
export function ownerOf(live: LiveMetadata): SyncId | undefined {
  const mark = live.annotations[markAnnotation]
  const owner = parseSyncId(mark?.slice(0, 12) ?? '')
  return owner.ok && mark === formatMark(owner.value, idOfLive(live)) ? owner.value : undefined
}

export function idOfLive({ apiVersion, kind, namespace, name }: LiveMetadata): ObjectId {
  return { group: groupOf(apiVersion), kind, ...(namespace === undefined ? {} : { namespace }), name }
}

/** `0123456789ab:apps/Deployment:demo/web`, `0123456789ab:/Namespace:/demo` */
function formatMark(id: SyncId, { group, kind, namespace = '', name }: ObjectId): string {
  return `${id}:${group}/${kind}:${namespace}/${name}`
}

function objectOf(value: JsonObject[string] | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}
