import type { KubernetesObject, ObjectId, WantedObject } from '../manifest/kubernetes-object.ts'
import type { Inventory } from './inventory.ts'
import type { LiveMetadata } from './live-metadata.ts'
import type { JsonPatch } from './ownership.ts'
import type { SyncProblem } from './report.ts'
import type { SyncId } from './sync-id.ts'

/** By `formatObjectId`. `unknown`: it could not be looked up, which is never the same as absent; so is one that is missing. */
export type LiveObjects = ReadonlyMap<string, LiveMetadata | 'absent' | 'unknown'>

export type SyncFacts = {
  readonly id: SyncId
  /** `Resolved.objects` */
  readonly objects: readonly WantedObject[]
  readonly inventory: Inventory
  /** Of all objects and all entries of the inventory. */
  readonly live: LiveObjects
  /** Verify also what looks in sync. */
  readonly verify: boolean
}

export type SyncPlan = {
  /** One after the other; within one, all at once. Always four, some empty: see `stagesOf`. */
  readonly stages: readonly (readonly PlannedObject[])[]
  /** To be written before anything is applied, unless it is the `sameInventory`. */
  readonly before: Inventory
}

export type PlannedObject = {
  readonly id: ObjectId
  readonly wanted: WantedObject
  /** What is sent: marked, and without replicas that an autoscaler owns. */
  readonly body: KubernetesObject
  /** `appliedHash` of what is wanted: for `recordOf`. */
  readonly hash: string
  readonly step: SyncStep
}

export type SyncStep =
  /** It is in sync. */
  | { readonly do: 'leave'; readonly live: LiveMetadata }
  /** A person said to leave it alone. */
  | { readonly do: 'skip'; readonly because: string }
  /** Not now: the next sync looks again. */
  | { readonly do: 'wait'; readonly because: string }
  /**
   * Git changed, or it is not there. With `ownership`: send that patch first, and plan it anew (`takeOver`) if it
   * conflicts.
   */
  | {
      readonly do: 'apply'
      readonly because: 'new' | 'changed' | 'take-over'
      readonly live?: LiveMetadata
      readonly ownership?: JsonPatch
    }
  /**
   * Drift is suspected, or a proof was asked for. Send `ownership` if there is one; then dry-run the body and ask
   * `differs`: apply it (that is a correction, by `changedBy(live)`), or only remember the new key.
   */
  | { readonly do: 'verify'; readonly live: LiveMetadata; readonly ownership?: JsonPatch }
  | { readonly do: 'refuse'; readonly problem: SyncProblem }

export function planSync(_facts: SyncFacts): SyncPlan {
  throw new Error('not yet')
}
