import type { Place } from '../parsed.ts'

/**
 * What merging would change in one cluster, as its agent sees it. A display copy: masked and cut, plain JSON, and of
 * another type than a resource, so that nothing of it can ever be applied.
 */
export type LiveDiff = {
  /** In the order in which they would be applied. */
  readonly changes: readonly ObjectChange[]
  /** What is different in the cluster already, of the objects that the pull request does not touch. */
  readonly drift: readonly ObjectChange[]
  readonly dangers: readonly Danger[]
  /** Why something could not be told: a file that cannot be read, an object that the server refuses. */
  readonly problems: readonly DiffProblem[]
  readonly unchanged: number
  /** How many changes, drifts, dangers and problems were left out because there are too many. */
  readonly omitted: number
}

export type ObjectChange = {
  /** `apps/Deployment demo/web` */
  readonly object: string
  readonly file?: string
  readonly line?: number
  /** take-over: an object without our mark is there already; nothing of it is shown. */
  readonly action: 'create' | 'change' | 'delete' | 'take-over'
  /** Of a delete: why git no longer names the object and it stays in the cluster all the same. */
  readonly stays?: string
  /** A unified diff of YAML, lines beginning with ` `, `+`, `-`, `@`; Secrets only as key names. */
  readonly lines: readonly string[]
  readonly cut: boolean
}

export type Danger = {
  readonly kind:
    | 'deletes-namespace'
    | 'deletes-crd'
    | 'deletes-volume'
    | 'immutable-field'
    | 'replicas-to-zero'
    | 'wider-rbac'
    | 'over-prune-budget'
  readonly object: string
  readonly says: string
}

export type DiffProblem = {
  readonly message: string
  readonly object?: string
  readonly at?: Place
  readonly help?: string
  /** author: the pull request has to change · operator: the cluster · time: it passes, as far as anybody can tell. */
  readonly turn: 'author' | 'operator' | 'time'
}
