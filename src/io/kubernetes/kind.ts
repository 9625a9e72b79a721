/** A kind of objects that an API server serves, and what its paths are made of. */
export type KubernetesKind = {
  /** `apps/v1`, `v1` */
  readonly apiVersion: string
  readonly kind: string
  /** The empty text for `v1`. */
  readonly group: string
  readonly version: string
  /** The plural in paths: `deployments`. */
  readonly resource: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}

/** Which object of a kind. For kinds outside of namespaces the namespace is not looked at. */
export type ObjectRef = { readonly namespace?: string | undefined; readonly name: string }

/** `deployments.apps`, as people say it to kubectl. */
export function formatKind({ group, resource }: KubernetesKind): string {
  return group === '' ? resource : `${resource}.${group}`
}
