import type { CommitSha } from '../ids.ts'
import { type ObjectId, formatObjectId } from '../manifest/kubernetes-object.ts'
import { byHand, whyProtected } from '../manifest/protected-kinds.ts'
import type { Inventory, InventoryEntry } from './inventory.ts'
import type { LiveMetadata } from './live-metadata.ts'
import { isOurs } from './mark.ts'
import { deletionOrder, isCustomResourceDefinition, isNamespace } from './order.ts'
import { type LiveObjects, beingDeleted } from './plan.ts'
import { keptBy } from './standstill.ts'
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

/** What may go of that which git no longer names. In doubt it stays, and says why. */
export function planPrune(facts: PruneFacts): PrunePlan {
  const wanted = new Set(facts.wanted.map(formatObjectId))
  const wantedUids = uidsOf(wanted, facts)
  const looked = facts.inventory.entries
    .filter(({ id }) => !wanted.has(formatObjectId(id)))
    .map((entry) => lookAt(entry, wantedUids, facts))
  const forget = looked.flatMap((each) => (each.is === 'forgotten' ? [each.id] : []))
  const held = looked.flatMap((each) => (each.is === 'held' ? [{ id: each.id, because: each.because }] : []))
  const inUse = isUsedBy([...facts.wanted, ...held.map(({ id }) => id)])
  const superfluous = looked.flatMap((each) => (each.is === 'superfluous' ? [each.deletion] : []))
  const free = superfluous.filter(({ id }) => !inUse(id)).toSorted((a, b) => deletionOrder(a.id, b.id))
  const brake = brakeOn(free.length, facts)
  const sure = facts.complete && facts.wanted.length > 0
  return {
    delete: brake === undefined ? free : [],
    held: [
      ...held,
      ...superfluous.filter(({ id }) => inUse(id)).map(({ id }) => ({ id, because: 'something that stays is in it' })),
      ...(brake === undefined ? [] : free.map(({ id }) => ({ id, because: brake }))),
    ],
    forget,
    trusted: sure && (looked.length === forget.length || whyDistrusted(facts) === undefined),
  }
}

type Looked =
  | { readonly is: 'forgotten'; readonly id: ObjectId }
  | { readonly is: 'held'; readonly id: ObjectId; readonly because: string }
  | { readonly is: 'superfluous'; readonly deletion: Deletion }

/** Of what was applied, and of what was wanted and left alone: an object has one uid under all groups that serve it. */
function uidsOf(wanted: ReadonlySet<string>, { live, applied }: PruneFacts): ReadonlySet<string> {
  const seen = [...wanted].map((key) => live.get(key)).filter((each) => typeof each === 'object')
  return new Set([...applied, ...seen.map(({ uid }) => uid)])
}

function lookAt({ id, apiVersion, uid }: InventoryEntry, wantedUids: ReadonlySet<string>, facts: PruneFacts): Looked {
  const live = facts.live.get(formatObjectId(id)) ?? 'unknown'
  if (live === 'absent') return { is: 'forgotten', id }
  if (live === 'unknown') return { is: 'held', id, because: 'the agent cannot see whether it is there' }
  // The same object under another group's name, or one that has been taken from us, mark and all.
  if (wantedUids.has(live.uid) || isOurs(live, facts.id) !== 'ours') return { is: 'forgotten', id }
  const because = whyHeld({ id, uid, live, facts })
  return because === undefined
    ? { is: 'superfluous', deletion: { id, apiVersion, uid: live.uid } }
    : { is: 'held', id, because }
}

type Candidate = {
  readonly id: ObjectId
  readonly uid: string | undefined
  readonly live: LiveMetadata
  readonly facts: PruneFacts
}

/** What holds one object; the first that speaks. */
function whyHeld(candidate: Candidate): string | undefined {
  for (const rule of rules) {
    const because = rule(candidate)
    if (because !== undefined) return because
  }
  return undefined
}

const rules: readonly ((candidate: Candidate) => string | undefined)[] = [
  ({ live }) => (live.deletionTimestamp === undefined ? undefined : beingDeleted(live)),
  ({ uid }) => (uid === undefined ? 'it was not noted which object was applied' : undefined),
  ({ uid, live }) =>
    uid === live.uid ? undefined : 'it is not the object that was applied: somebody has made it again',
  ({ id, facts }) => (facts.own?.has(formatObjectId(id)) === true ? 'the agent itself stands on it' : undefined),
  ({ live }) => keptBy(live.annotations),
  ({ id, facts }) => (isApproved(facts) ? undefined : whyProtected(id)),
]

/** What holds all of them; the first that speaks. */
function brakeOn(count: number, facts: PruneFacts): string | undefined {
  if (!facts.complete) return 'the commit could not be applied in full'
  if (facts.wanted.length === 0) return 'the commit holds no object at all'
  const because = whyDistrusted(facts)
  if (because !== undefined) return `${because}, so ${byHand}`
  if (count > facts.budget && !isApproved(facts))
    return `the deletions of this commit (${count}) are beyond the budget (${facts.budget}), so ${byHand}`
  return undefined
}

function whyDistrusted({ inventory, source, ...facts }: PruneFacts): string | undefined {
  if (isApproved(facts)) return undefined
  if (inventory.rebuilt === true) return 'the inventory was lost, and made again from the marks on the objects'
  return inventory.source === undefined || source === undefined || inventory.source === source
    ? undefined
    : `the agent follows ${source} now, and not ${inventory.source}`
}

function isApproved({ approvals, commit }: Pick<PruneFacts, 'approvals' | 'commit'>): boolean {
  return approvals.includes(commit)
}

/** A namespace takes all that is in it along, a definition all objects of its kind. */
function isUsedBy(staying: readonly ObjectId[]): (id: ObjectId) => boolean {
  const namespaces = new Set(staying.map(({ namespace }) => namespace))
  const kinds = new Set(staying.map(({ group, kind }) => `${group} ${kind.toLowerCase()}`))
  return (id) => {
    if (isNamespace(id)) return namespaces.has(id.name)
    return isCustomResourceDefinition(id) && [...kinds].some((kind) => mayBring(id.name, kind))
  }
}

/** `widgets.example.com` brings `Widget`, by all that its name tells: a plural begins as the singular does (`policies`). */
function mayBring(definition: string, kind: string): boolean {
  const [plural = ''] = definition.split('.', 1)
  const [group, singular = ''] = kind.split(' ')
  return definition === `${plural}.${group}` && plural.startsWith(singular.slice(0, -1))
}
