import type { CommitSha } from '../ids.ts'
import type { ObjectId } from '../manifest/kubernetes-object.ts'
import type { HeldPrune } from './prune.ts'
import type { SyncCounts, SyncProblem, SyncReport, SyncTrigger } from './report.ts'

/** What became of one object. */
export type Outcome =
  | { readonly id: ObjectId; readonly result: 'applied' | 'unchanged' | 'skipped' | 'waiting' }
  /** Put back, though git had not changed. */
  | { readonly id: ObjectId; readonly result: 'corrected'; readonly managers: readonly string[] }
  | { readonly id: ObjectId; readonly result: 'failed'; readonly problem: SyncProblem }

export type SyncOutcome = {
  readonly commit: CommitSha
  readonly trigger: SyncTrigger
  /** ISO 8601 */
  readonly startedAt: string
  readonly finishedAt: string
  readonly outcomes: readonly Outcome[]
  /** Of files that could not be read, kinds that nobody knows, deletions that were refused. */
  readonly problems: readonly SyncProblem[]
  readonly pruned: number
  readonly held: readonly HeldPrune[]
  /** Why nothing at all could be told or done, or why a person asked for standstill. */
  readonly stopped?: { readonly kind: 'failed' } | { readonly kind: 'suspended' }
}

export function assembleReport(_outcome: SyncOutcome): SyncReport {
  throw new Error('not yet')
}

export function resultOf(_outcome: SyncOutcome): SyncReport['result'] {
  throw new Error('not yet')
}

export function countsOf(_outcomes: readonly Outcome[], _pruned: number): SyncCounts {
  throw new Error('not yet')
}

/** Only then may anything be pruned. */
export function isComplete(_outcomes: readonly Outcome[], _problems: readonly SyncProblem[]): boolean {
  throw new Error('not yet')
}
