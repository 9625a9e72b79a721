import type { CommitSha } from '../ids.ts'
import { type ObjectId, formatObjectId } from '../manifest/kubernetes-object.ts'
import type { HeldPrune } from './prune.ts'
import { cutProblem, cutText, limits } from './report-limits.ts'
import type { SyncCounts, SyncProblem, SyncReport, SyncTrigger } from './report.ts'

/** What became of one object. */
export type Outcome =
  | { readonly id: ObjectId; readonly result: 'applied' | 'unchanged' | 'skipped' }
  /** With what it waits for. */
  | { readonly id: ObjectId; readonly result: 'waiting'; readonly problem: SyncProblem }
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
  /** Objects that are named only in `problems`: they could not be read, or nobody knows what they are. */
  readonly unread?: number
  readonly pruned: number
  readonly held: readonly HeldPrune[]
  /** Why nothing at all could be told or done, or why a person asked for standstill. */
  readonly stopped?: { readonly kind: 'failed' } | { readonly kind: 'suspended' }
}

export function assembleReport(outcome: SyncOutcome): SyncReport {
  const { commit, trigger, startedAt, finishedAt, outcomes, held } = outcome
  const problems = problemsOf(outcome)
  return {
    commit,
    result: resultOf(outcome),
    trigger,
    startedAt,
    finishedAt,
    counts: countsOf(outcome),
    problems: problems.slice(0, limits.problems).map(cutProblem),
    moreProblems: Math.max(0, problems.length - limits.problems),
    drift: outcomes
      .filter((each) => each.result === 'corrected')
      .slice(0, limits.drift)
      .map(({ id, managers }) => ({
        object: cutText(formatObjectId(id)),
        managers: managers.slice(0, limits.managers).map(cutText),
      })),
    heldPrunes: held
      .slice(0, limits.heldPrunes)
      .map(({ id, because }) => ({ object: cutText(formatObjectId(id)), because: cutText(because) })),
  }
}

/** Deletions that are held do not make a sync partial: what git names is there, and the report names what waits. */
export function resultOf(outcome: SyncOutcome): SyncReport['result'] {
  const { stopped, outcomes, problems } = outcome
  if (stopped !== undefined) return stopped.kind
  if (isComplete(outcomes, problems)) return 'full'
  return outcomes.some(({ result }) => result !== 'failed') ? 'partial' : 'failed'
}

export function countsOf({ outcomes, pruned, unread = 0 }: SyncOutcome): SyncCounts {
  const count = (wanted: Outcome['result']): number => outcomes.filter(({ result }) => result === wanted).length
  return {
    applied: count('applied'),
    corrected: count('corrected'),
    unchanged: count('unchanged'),
    pruned,
    waiting: count('waiting'),
    skipped: count('skipped'),
    failed: count('failed') + unread,
  }
}

/** Only then may anything be pruned. What a person has suspended does not count. */
export function isComplete(outcomes: readonly Outcome[], problems: readonly SyncProblem[]): boolean {
  return problems.length === 0 && outcomes.every(({ result }) => result !== 'failed' && result !== 'waiting')
}

function problemsOf({ outcomes, problems }: SyncOutcome): readonly SyncProblem[] {
  const ofObjects = outcomes.flatMap((each) => ('problem' in each ? [each.problem] : []))
  return [...problems, ...ofObjects]
}
