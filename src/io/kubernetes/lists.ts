import { type Json, jsonAt } from '../../core/json.ts'
import type { LiveMetadata } from '../../core/sync/live-metadata.ts'
import { type Call, collectionPath } from './call.ts'
import type { Connection } from './connection.ts'
import { KubernetesError, isKubernetesError } from './errors.ts'
import type { KubernetesKind } from './kind.ts'
import type { ListOptions, MetadataList } from './kubernetes.ts'
import { readMetadata } from './metadata.ts'

/** The second is what a server says that is too old for the first. */
const asMetadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'

/** How often a list is begun again because its place was forgotten: the cluster changes faster than we read. */
const mostAttempts = 3

export async function listMetadata(
  { ask, limits }: Connection,
  kind: KubernetesKind,
  options: ListOptions,
): Promise<MetadataList> {
  const call = (next: string | undefined): Call => ({
    verb: 'list',
    method: 'GET',
    path: collectionPath(kind, options.namespace),
    query: { labelSelector: options.selector, limit: `${limits.pageSize}`, continue: next },
    accept: asMetadataList,
    about: { kind },
  })
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readPages(kind, (next) => ask(call(next)))
    } catch (error) {
      if (!isKubernetesError(error, 'expired') || attempt === mostAttempts) throw error
    }
  }
}

async function readPages(
  kind: KubernetesKind,
  page: (next: string | undefined) => Promise<Json>,
): Promise<MetadataList> {
  const items: LiveMetadata[] = []
  for (let next: string | undefined; ;) {
    const list = await page(next)
    items.push(...itemsOf(kind, list).map((item) => readMetadata(kind, item)))
    const metadata = jsonAt(list, 'metadata')
    const after = jsonAt(metadata, 'continue')
    if (typeof after === 'string' && after !== '') next = after
    else return { items, resourceVersion: versionOf(kind, metadata) }
  }
}

/** `null` where there are none. */
function itemsOf(kind: KubernetesKind, list: Json): readonly Json[] {
  const items = jsonAt(list, 'items')
  if (Array.isArray(items)) return items
  return items === null ? [] : notAList(kind)
}

function versionOf(kind: KubernetesKind, metadata: Json | undefined): string {
  const version = jsonAt(metadata, 'resourceVersion')
  return typeof version === 'string' ? version : notAList(kind)
}

function notAList({ kind }: KubernetesKind): never {
  throw new KubernetesError(`the API server answered with something that is no list of ${kind}`, {
    class: 'bad-answer',
  })
}
