import type { ClusterName } from '../ids.ts'
import type { LiveDiff } from './live-diff.ts'

/** What is known of the question what a pull request's head changes in one cluster. */
export type DiffOutcome =
  | { readonly kind: 'told'; readonly diff: LiveDiff }
  /** The agent was asked, and has not answered yet. */
  | { readonly kind: 'pending' }
  /** Nobody can be asked. `since`: ISO 8601, where it is known. */
  | { readonly kind: 'offline'; readonly since?: string }
  /** Nothing could be told; untrusted text. */
  | { readonly kind: 'failed'; readonly because: string }
  /** Nobody was asked: who may not write is shown nothing of a cluster. */
  | { readonly kind: 'withheld'; readonly because: WithheldBecause }
  | { readonly kind: 'untouched' }

export type WithheldBecause = 'fork' | 'author-cannot-write' | 'author-unknown'

export type ClusterOutcome = { readonly cluster: ClusterName; readonly outcome: DiffOutcome }
