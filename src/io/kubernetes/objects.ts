import { type Json, type JsonObject, formatJson } from '../../core/json.ts'
import type { KubernetesObject } from '../../core/manifest/kubernetes-object.ts'
import type { LiveMetadata } from '../../core/sync/live-metadata.ts'
import { type Call, collectionPath, objectPath } from './call.ts'
import type { Connection } from './connection.ts'
import { type KubernetesError, isKubernetesError } from './errors.ts'
import type { KubernetesKind, ObjectRef } from './kind.ts'
import type { Kubernetes } from './kubernetes.ts'
import { readMetadata, readObject } from './metadata.ts'

/** The name under which all that we write is owned. */
const fieldManager = 'lotse'

/** The second is what a server says that is too old for the first. */
const asMetadata = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'

type Objects = Pick<Kubernetes, 'getMetadata' | 'get' | 'apply' | 'dryRun' | 'patch' | 'create' | 'replace' | 'delete'>

export function createObjects(connection: Connection): Objects {
  const { ask } = connection
  const metadataOf = async (kind: KubernetesKind, call: Call): Promise<LiveMetadata> =>
    readMetadata(kind, await ask({ ...call, accept: asMetadata }))
  const getMetadata: Objects['getMetadata'] = async (kind, ref) => {
    const object = await unlessAbsent(ask({ ...getCall(kind, ref), accept: asMetadata }))
    return object === undefined ? undefined : readMetadata(kind, object)
  }
  return {
    getMetadata,
    get: async (kind, ref) => {
      const object = await unlessAbsent(ask(getCall(kind, ref)))
      return object === undefined ? undefined : readObject(kind, object)
    },
    apply: async (object, kind, options) => metadataOf(kind, applyCall(object, kind, options?.dryRun === true)),
    dryRun: async (object, kind) => readObject(kind, await ask(applyCall(object, kind, true))),
    patch: async (kind, ref, operations) => metadataOf(kind, patchCall(kind, ref, operations)),
    create: async (kind, object) => metadataOf(kind, createCall(kind, object)),
    replace: async (kind, object) => metadataOf(kind, replaceCall(kind, object)),
    delete: async (kind, ref, { uid }) => {
      try {
        const before = await unlessAbsent(ask(deleteCall(kind, ref, uid)))
        return before === undefined ? 'absent' : 'deleted'
      } catch (error) {
        if (!isKubernetesError(error, 'conflict')) throw error
        return whatIsThere(await getMetadata(kind, ref), uid, error)
      }
    },
  }
}

/** A 409 is also what a namespace answers that is going already. */
function whatIsThere(
  live: LiveMetadata | undefined,
  uid: string,
  conflict: KubernetesError,
): 'deleted' | 'absent' | 'other-uid' {
  if (live === undefined) return 'absent'
  if (live.uid !== uid) return 'other-uid'
  if (live.deletionTimestamp !== undefined) return 'deleted'
  throw conflict
}

/** Only where the server says that there is no such object; not where it says that there is no such kind, or may not say. */
async function unlessAbsent(answer: Promise<Json>): Promise<Json | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isKubernetesError(error, 'not-found')) return undefined
    throw error
  }
}

function getCall(kind: KubernetesKind, ref: ObjectRef): Call {
  return { verb: 'get', method: 'GET', path: objectPath(kind, ref), about: { kind, name: ref.name } }
}

function applyCall(object: KubernetesObject, kind: KubernetesKind, dryRun: boolean): Call {
  return {
    verb: dryRun ? 'dry-run' : 'apply',
    method: 'PATCH',
    path: objectPath(kind, object.metadata),
    query: { fieldManager, force: 'true', dryRun: dryRun ? 'All' : undefined },
    // YAML is what the type is called; JSON is YAML, and keeps every number as it is.
    body: { type: 'application/apply-patch+yaml', text: formatJson(object) },
    about: { kind, name: object.metadata.name },
  }
}

function patchCall(kind: KubernetesKind, ref: ObjectRef, operations: readonly JsonObject[]): Call {
  return {
    verb: 'patch',
    method: 'PATCH',
    path: objectPath(kind, ref),
    query: { fieldManager },
    body: { type: 'application/json-patch+json', text: formatJson(operations) },
    about: { kind, name: ref.name },
  }
}

function createCall(kind: KubernetesKind, object: KubernetesObject): Call {
  // Asking for the object's path first refuses what has no name or no namespace.
  objectPath(kind, object.metadata)
  return {
    verb: 'create',
    method: 'POST',
    path: collectionPath(kind, object.metadata.namespace),
    query: { fieldManager },
    body: { type: 'application/json', text: formatJson(object) },
    about: { kind, name: object.metadata.name },
  }
}

function replaceCall(kind: KubernetesKind, object: KubernetesObject): Call {
  return {
    verb: 'replace',
    method: 'PUT',
    path: objectPath(kind, object.metadata),
    query: { fieldManager },
    body: { type: 'application/json', text: formatJson(object) },
    about: { kind, name: object.metadata.name },
  }
}

function deleteCall(kind: KubernetesKind, ref: ObjectRef, uid: string): Call {
  const options = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    preconditions: { uid },
    // Named, because each kind has a default of its own: what an object owns goes after it.
    propagationPolicy: 'Background',
  }
  return {
    verb: 'delete',
    method: 'DELETE',
    path: objectPath(kind, ref),
    body: { type: 'application/json', text: formatJson(options) },
    // A Secret that is deleted at once would come back whole.
    accept: asMetadata,
    about: { kind, name: ref.name },
  }
}
