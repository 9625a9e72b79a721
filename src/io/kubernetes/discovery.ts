import type { KubernetesKind } from './kind.ts'

/** Which kinds an API server serves, as it said when it was asked. */
export type Discovery = {
  readonly kinds: readonly KubernetesKind[]
  /** Exactly this version of it. */
  readonly find: (apiVersion: string, kind: string) => KubernetesKind | undefined
  /** In the version that the server prefers. */
  readonly kindOf: (group: string, kind: string) => KubernetesKind | undefined
  /** What could not be read, or is stale: a kind of it that is not found may be there all the same. */
  readonly broken: readonly BrokenGroup[]
}

export type BrokenGroup = { readonly group: string; readonly version?: string; readonly because: string }
