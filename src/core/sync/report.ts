import type { CommitSha } from '../ids.ts'
import type { Problem } from '../parsed.ts'

/** How one sync of one commit ended. Plain JSON: it goes over the link, and the store keeps it. */
export type SyncReport = {
  readonly commit: CommitSha
  /**
   * full: the cluster looks like the commit · partial: some objects do not, or wait; nothing was pruned · failed: nothing
   * could be told or done · suspended: a person asked for standstill.
   */
  readonly result: 'full' | 'partial' | 'failed' | 'suspended'
  readonly trigger: SyncTrigger
  /** ISO 8601, by the agent's clock: for people. */
  readonly startedAt: string
  readonly finishedAt: string
  readonly counts: SyncCounts
  /** At most 50; `moreProblems` counts the others. Texts are untrusted and hold no Secret's value. */
  readonly problems: readonly SyncProblem[]
  readonly moreProblems: number
  /** Objects that were put back though git had not changed, with who had changed them; at most 20. */
  readonly drift: readonly { readonly object: string; readonly managers: readonly string[] }[]
  /** Objects that git no longer names and that were left, with the reason; at most 50. They do not make a sync partial. */
  readonly heldPrunes: readonly { readonly object: string; readonly because: string }[]
}

export type SyncTrigger = 'start' | 'timer' | 'hint' | 'command' | 'watch' | 'retry'

export type SyncCounts = {
  readonly applied: number
  readonly corrected: number
  readonly unchanged: number
  readonly pruned: number
  readonly waiting: number
  readonly skipped: number
  readonly failed: number
}

export type SyncProblem = Problem & {
  /** `apps/Deployment demo/web` */
  readonly object?: string
  /** Whose turn it is: the author's, the cluster's, nobody's but time's. */
  readonly turn: 'author' | 'operator' | 'time'
  /** Nothing of this commit, but whether it is the newest: git cannot be read. */
  readonly about?: 'git'
}
