import type { WantedObject } from '../manifest/kubernetes-object.ts'
import type { SyncProblem } from './report.ts'

/** `unreadable`: the group could not be read just now (an aggregated API is down), so nobody knows. */
export type Scopes = (apiVersion: string, kind: string) => 'namespaced' | 'cluster' | 'unknown' | 'unreadable'

export type Resolved = {
  /** As they are to be applied: the namespace is filled in or taken away, what only a server writes is dropped. */
  readonly objects: readonly WantedObject[]
  /** Of kinds that a CustomResourceDefinition among the objects brings. Apply the first stage, discover, resolve again. */
  readonly waiting: readonly WantedObject[]
  readonly problems: readonly SyncProblem[]
}

export function resolveWanted(_wanted: readonly WantedObject[], _scopes: Scopes): Resolved {
  throw new Error('not yet')
}
