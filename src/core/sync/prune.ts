import type { CommitSha } from '../ids.ts'
import type { ObjectId } from '../manifest/kubernetes-object.ts'
import type { Inventory } from './inventory.ts'
import type { LiveObjects } from './plan.ts'
import type { SyncId } from './sync-id.ts'

export type PruneFacts = {
  readonly id: SyncId
  readonly commit: CommitSha
  /** `SyncPlan.before`, as it was written. */
  readonly inventory: Inventory
  /** Everything that git names: also what waits, and what was refused or skipped. */
  readonly wanted: readonly ObjectId[]
  readonly live: LiveObjects
  /** The uids of all objects that this run has applied, verified or left. */
  readonly applied: ReadonlySet<string>
  /** Every file was read, every object is as wanted, nothing waits: `isComplete`. */
  readonly complete: boolean
  /** At most so many are deleted without an approval. */
  readonly budget: number
  /** Commits whose deletions a person has approved, in git. */
  readonly approvals: readonly CommitSha[]
  /** The branch and path that are followed now. */
  readonly source?: string
  /** What the agent itself stands on: never deleted, by `formatObjectId`. */
  readonly own?: ReadonlySet<string>
}

export type PrunePlan = {
  /** In this order; each with its uid as a precondition. */
  readonly delete: readonly Deletion[]
  /** Git no longer names them, and they stay. They stay in the inventory too. */
  readonly held: readonly HeldPrune[]
  /** Entries that go from the inventory without a deletion: gone, or somebody else's by now. */
  readonly forget: readonly ObjectId[]
  /** Nothing is held on account of where the inventory comes from. */
  readonly trusted: boolean
}

export type Deletion = { readonly id: ObjectId; readonly apiVersion: string; readonly uid: string }
export type HeldPrune = { readonly id: ObjectId; readonly because: string }

export function planPrune(_facts: PruneFacts): PrunePlan {
  throw new Error('not yet')
}
