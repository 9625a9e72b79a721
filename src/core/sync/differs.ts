import { type Json, type JsonObject, canonicalJson, isJsonObject } from '../json.ts'
import type { KubernetesObject } from '../manifest/kubernetes-object.ts'

/** Would applying change anything that matters? Without what the server writes itself. */
export function differs(live: KubernetesObject, dryRun: KubernetesObject): boolean {
  return canonicalJson(withoutServersFields(live)) !== canonicalJson(withoutServersFields(dryRun))
}

const serversFields = ['managedFields', 'resourceVersion', 'generation', 'creationTimestamp', 'uid', 'selfLink']

/** The uid is among them: a dry run of an object that is gone gets another one each time. */
function withoutServersFields(object: KubernetesObject): Json {
  const { status: _status, metadata, ...rest } = object
  return { ...rest, metadata: withoutEmpty(without(metadata, serversFields)) }
}

/** The server leaves out maps that have become empty, but not in every reply. */
function withoutEmpty(metadata: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(metadata).filter(([, value]) => !(isJsonObject(value) && Object.keys(value).length === 0)),
  )
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)))
}
