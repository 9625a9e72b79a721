import type { Json, JsonObject } from '../json.ts'
import type { Place } from '../parsed.ts'

/** One Kubernetes object as data: what is sent to an API server, or comes from one. Never a display copy. */
export type KubernetesObject = JsonObject & {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: JsonObject & { readonly name: string; readonly namespace?: string }
}

/** What git says of one object, and where. */
export type WantedObject = { readonly object: KubernetesObject; readonly at: Place & { readonly file: string } }

/** Which object it is, whatever version it is written in. Without a namespace: it is outside of all. */
export type ObjectId = {
  readonly group: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
}

/** `apps/Deployment demo/web`, `Namespace demo` */
export function formatObjectId({ group, kind, namespace, name }: ObjectId): string {
  const type = group === '' ? kind : `${group}/${kind}`
  return `${type} ${namespace === undefined ? name : `${namespace}/${name}`}`
}

export function objectIdOf({ apiVersion, kind, metadata }: KubernetesObject): ObjectId {
  const { namespace, name } = metadata
  return { group: groupOf(apiVersion), kind, ...(namespace === undefined ? {} : { namespace }), name }
}

/** `apps` of `apps/v1`, the empty text of `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

export function textAt(object: JsonObject | undefined, key: string): string | undefined {
  const value: Json | undefined = object?.[key]
  return typeof value === 'string' ? value : undefined
}
