import type { CommitSha } from '../ids.ts'
import type { ObjectId } from '../manifest/kubernetes-object.ts'
import type { Parsed } from '../parsed.ts'
import type { LiveMetadata } from './live-metadata.ts'
import type { SyncId } from './sync-id.ts'

/**
 * What we have applied, or were about to: written before anything is applied (old and wanted together) and after (exactly),
 * so that an agent that is killed at any moment forgets no object.
 */
export type Inventory = {
  /** Grows with each one that is written. */
  readonly sequence: number
  readonly entries: readonly InventoryEntry[]
  /** The last commit that was synced in full. */
  readonly commit?: CommitSha
  /** Which branch and path it was made from: another one makes no object superfluous without an approval. */
  readonly source?: string
  /** It was lost, and made again from marks: it takes an approval before it proves anything. */
  readonly rebuilt?: true
}

export type InventoryEntry = {
  readonly id: ObjectId
  readonly apiVersion: string
  /** Absent until the server has answered. */
  readonly uid?: string
  /** `inSyncKey` of the reply to our last PATCH. */
  readonly key?: string
  /** `appliedHash` of what was sent with it. */
  readonly hash?: string
}

/** One ConfigMap: what follows its name's stem (`''`, `-0-1`), and its text. */
export type InventoryShard = { readonly suffix: string; readonly text: string }

export const emptyInventory: Inventory = { sequence: 0, entries: [] }

/** Write them all, then delete those ConfigMaps of the same sync whose suffix is not among them: a kill in between is harmless. */
export function formatInventory(_inventory: Inventory): readonly InventoryShard[] {
  throw new Error('not yet')
}

/** From the texts of all ConfigMaps there are, in any order. Refused: it is lost; see `rebuildInventory`. */
export function parseInventory(_texts: readonly string[]): Parsed<Inventory> {
  throw new Error('not yet')
}

/** A lost inventory, from all live objects that bear the label. */
export function rebuildInventory(_id: SyncId, _live: readonly LiveMetadata[]): Inventory {
  throw new Error('not yet')
}

/** The exact one, after applying and pruning. */
export function inventoryAfter(_facts: {
  readonly before: Inventory
  /** Objects that are as git wants them now: `recordOf`. */
  readonly recorded: readonly InventoryEntry[]
  /** Deleted in this run, or to be forgotten. */
  readonly gone: readonly ObjectId[]
  /** Present when the sync was full. */
  readonly commit?: CommitSha
  readonly source?: string
  /** `PrunePlan.trusted`; false when nothing was planned. */
  readonly trusted: boolean
}): Inventory {
  throw new Error('not yet')
}

/** What is remembered of an object that was applied or verified. */
export function recordOf(_live: LiveMetadata, _hash: string): InventoryEntry {
  throw new Error('not yet')
}

/** Nothing new to write. */
export function sameInventory(_a: Inventory, _b: Inventory): boolean {
  throw new Error('not yet')
}
