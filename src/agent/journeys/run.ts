import type { CommitSha } from '../../core/ids.ts'
import { formatObjectId, type ObjectId } from '../../core/manifest/kubernetes-object.ts'
import type { InventoryEntry } from '../../core/sync/inventory.ts'
import type { Outcome } from '../../core/sync/outcome.ts'
import type { HeldPrune } from '../../core/sync/prune.ts'
import type { SyncProblem } from '../../core/sync/report.ts'
import type { Turn } from '../loop.ts'
import type { CarriedOut } from './carry-out.ts'

/** What one sync has found and done so far. */
export type Run = {
  readonly turn: Turn
  readonly commit: CommitSha
  readonly startedAt: Date
  /** By `formatObjectId`. */
  readonly outcomes: Map<string, Outcome>
  readonly records: Map<string, InventoryEntry>
  readonly problems: SyncProblem[]
  /** As many objects, as far as anybody knows, have no outcome but a problem. */
  unread: number
  readonly pruned: ObjectId[]
  readonly held: HeldPrune[]
}

export function beginRun(turn: Turn, commit: CommitSha, startedAt: Date): Run {
  return {
    turn,
    commit,
    startedAt,
    outcomes: new Map(),
    records: new Map(),
    problems: [],
    unread: 0,
    pruned: [],
    held: [],
  }
}

/** An object of the first stage is looked at twice when kinds have to be waited for; that it was applied stays. */
export function note({ outcomes, records }: Run, { outcome, record }: CarriedOut): void {
  const object = formatObjectId(outcome.id)
  if (outcome.result !== 'unchanged' || !outcomes.has(object)) outcomes.set(object, outcome)
  if (record !== undefined) records.set(object, record)
}

/** What the server said of an object that could not be seen says more than that it could not. */
export function explain({ outcomes, problems }: Run, problem: SyncProblem): void {
  const { object = '' } = problem
  const outcome = outcomes.get(object)
  if (outcome?.result !== 'failed') return void problems.push(problem)
  const { at } = outcome.problem
  outcomes.set(object, { ...outcome, problem: { ...problem, ...(at === undefined ? {} : { at }) } })
}
