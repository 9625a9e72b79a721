import {
  type KubernetesObject,
  type ObjectId,
  type WantedObject,
  formatObjectId,
  objectIdOf,
  textAt,
} from '../manifest/kubernetes-object.ts'
import { isJsonObject } from '../json.ts'
import { inSyncKey } from './in-sync-key.ts'
import { type Inventory, type InventoryEntry, inventoryBefore } from './inventory.ts'
import type { LiveMetadata } from './live-metadata.ts'
import { appliedAnnotation, appliedHash, isOurs, marked, ownerOf } from './mark.ts'
import { stagesOf } from './order.ts'
import { type JsonPatch, takeOver } from './ownership.ts'
import { autoscaled, withoutOwnedReplicas } from './replicas.ts'
import type { SyncProblem } from './report.ts'
import { standstillOf } from './standstill.ts'
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
  | { readonly do: 'wait'; readonly problem: SyncProblem }
  /**
   * Git changed, or it is not there. With `ownership`: send that patch first, and if it conflicts, look at the object
   * again and ask `takeOver`.
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

export function planSync(facts: SyncFacts): SyncPlan {
  const entries = new Map(facts.inventory.entries.map((entry) => [formatObjectId(entry.id), entry]))
  const scaled = autoscaled(facts.objects)
  const stages = stagesOf(facts.objects).map((stage) =>
    stage.map((wanted) => planObject(wanted, { facts, entries, scaled })),
  )
  const toApply = stages
    .flat()
    .filter(({ step }) => step.do === 'apply' || step.do === 'verify')
    .map(({ id, wanted }) => ({ id, apiVersion: wanted.object.apiVersion }))
  const live = (id: ObjectId): LiveMetadata | undefined => {
    const found = facts.live.get(formatObjectId(id))
    return typeof found === 'object' ? found : undefined
  }
  return { stages, before: inventoryBefore(facts.inventory, { id: facts.id, toApply, live }) }
}

type Context = {
  readonly facts: SyncFacts
  readonly entries: ReadonlyMap<string, InventoryEntry>
  readonly scaled: ReadonlySet<string>
}

function planObject(wanted: WantedObject, { facts, entries, scaled }: Context): PlannedObject {
  const id = objectIdOf(wanted.object)
  const key = formatObjectId(id)
  const live = facts.live.get(key) ?? 'unknown'
  const hash = appliedHash(wanted.object)
  const body = marked(wanted.object, facts.id)
  return {
    id,
    wanted,
    hash,
    body: typeof live === 'object' && scaled.has(key) ? withoutOwnedReplicas(body, live) : body,
    step: stepFor({ wanted, key, live, hash, entry: entries.get(key) }, facts),
  }
}

type ObjectFacts = {
  readonly wanted: WantedObject
  readonly key: string
  readonly live: LiveMetadata | 'absent' | 'unknown'
  readonly hash: string
  readonly entry: InventoryEntry | undefined
}

function stepFor({ wanted, key, live, hash, entry }: ObjectFacts, { id, verify }: SyncFacts): SyncStep {
  const standstill = standstillOf(annotationsOf(wanted.object), 'git')
  if (standstill !== undefined) return { do: 'skip', because: standstill }
  if (live === 'unknown') return { do: 'refuse', problem: problemOfUnseen(wanted, key) }
  if (live === 'absent') return { do: 'apply', because: 'new' }
  const inCluster = standstillOf(live.annotations, 'the cluster')
  if (inCluster !== undefined) return { do: 'skip', because: inCluster }
  const owner = ownerOf(live)
  if (owner !== undefined && owner !== id && annotationsOf(wanted.object)[takeOverAnnotation] !== owner)
    return { do: 'refuse', problem: problemOfRival(wanted, { key, owner, id }) }
  if (live.deletionTimestamp !== undefined) return { do: 'wait', problem: waitsFor(beingDeleted(live), wanted) }

  const ownership = takeOver(live)
  const withOwnership = ownership === undefined ? {} : { ownership }
  if (isOurs(live, id) !== 'ours') return { do: 'apply', because: 'take-over', live, ...withOwnership }
  if (live.annotations[appliedAnnotation] !== hash) return { do: 'apply', because: 'changed', live, ...withOwnership }
  const inSync = entry?.uid === live.uid && entry.hash === hash && entry.key === inSyncKey(live)
  return inSync && !verify ? { do: 'leave', live } : { do: 'verify', live, ...withOwnership }
}

/** In git, with the other sync's id: whoever writes it says that the object changes hands. */
export const takeOverAnnotation = 'lotse.dev/take-over'

/** `is being deleted, and waits for the finalizers a, b` */
export function beingDeleted({ finalizers }: LiveMetadata): string {
  return finalizers.length === 0
    ? 'it is being deleted'
    : `it is being deleted, and waits for what its finalizers stand for: ${finalizers.slice(0, 10).join(', ')}`
}

/** Nobody's fault: time mends it, or has to be seen not to. */
export function waitsFor(message: string, { object, at }: WantedObject): SyncProblem {
  return { object: formatObjectId(objectIdOf(object)), at, message, turn: 'time' }
}

function problemOfUnseen({ at }: WantedObject, object: string): SyncProblem {
  return {
    object,
    at,
    message: 'the agent cannot see whether the object is there, so it is left alone',
    help: 'Let the agent read this kind (get, list, watch), or mend the API group: the log says which.',
    turn: 'operator',
  }
}

function problemOfRival(
  { at }: WantedObject,
  { key, owner, id }: { readonly key: string; readonly owner: SyncId; readonly id: SyncId },
): SyncProblem {
  return {
    object: key,
    at,
    message: `the object belongs to another sync, \`${owner}\`; this one is \`${id}\``,
    help: `Remove it from one of the two repositories; or, to take it over, annotate it here with ${takeOverAnnotation}: "${owner}".`,
    turn: 'author',
  }
}

function annotationsOf({ metadata }: KubernetesObject): Readonly<Record<string, string>> {
  const annotations = metadata['annotations']
  if (!isJsonObject(annotations)) return {}
  return Object.fromEntries(
    Object.keys(annotations).flatMap((key) => {
      const text = textAt(annotations, key)
      return text === undefined ? [] : [[key, text]]
    }),
  )
}
