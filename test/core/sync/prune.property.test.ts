import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type KubernetesObject,
  type ObjectId,
  formatObjectId,
  objectIdOf,
} from '../../../src/core/manifest/kubernetes-object.ts'
import {
  type Inventory,
  type InventoryEntry,
  formatInventory,
  inventoryAfter,
  parseInventory,
  rebuildInventory,
  recordOf,
} from '../../../src/core/sync/inventory.ts'
import type { LiveMetadata } from '../../../src/core/sync/live-metadata.ts'
import { isOurs } from '../../../src/core/sync/mark.ts'
import { type LiveObjects, planSync } from '../../../src/core/sync/plan.ts'
import { planPrune } from '../../../src/core/sync/prune.ts'
import { commit, file, liveOf, namespace, object, syncId } from './objects.ts'

// Any history of commits, faults, kills and people, played on a cluster that is a map. What people do is done to what our
// agent has made; what a real server answers is in test/cluster.

const sources: readonly KubernetesObject[] = [
  object({}, { name: 'a' }),
  object({}, { name: 'b' }),
  object({ apiVersion: 'v1', kind: 'ConfigMap' }, { name: 'c' }),
  object({ apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, { name: 'volume' }),
  namespace('demo').object,
]
const protectedKinds = ['PersistentVolumeClaim', 'Namespace']

const byHand = ['delete', 'make', 'restore', 'strip', 'edit'] as const

type Sync = {
  readonly does: 'sync'
  /** Indices of what the commit holds. */
  readonly holds: readonly number[]
  readonly revision: number
  readonly refused: readonly number[]
  readonly unseen: readonly number[]
  /** Before which of its writes it is killed. */
  readonly killedAt: number
  readonly budget: number
  readonly approved: boolean
}

type Step =
  | Sync
  | { readonly does: (typeof byHand)[number]; readonly which: number }
  | { readonly does: 'copy the mark'; readonly which: number; readonly to: number }
  | { readonly does: 'lose the inventory' }

const which = fc.nat(sources.length - 1)
const some = fc.uniqueArray(which)
const few = fc.oneof({ arbitrary: fc.constant([]), weight: 3 }, some)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('sync' as const),
      holds: some,
      revision: fc.nat(2),
      refused: few,
      unseen: few,
      killedAt: fc.oneof(fc.constant(Infinity), fc.nat(8)),
      budget: fc.nat(4),
      approved: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom(...byHand), which }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('copy the mark' as const), which, to: which }) },
  { weight: 1, arbitrary: fc.constant({ does: 'lose the inventory' as const }) },
)

test('whatever happens, only what inventory, mark and uid agree on is deleted', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (history) => {
      const world = newWorld()
      for (const each of history) play(world, each)
    }),
    { numRuns: 2000 },
  )
})

test('whatever happens, what git names is there in the end, and what only we have made and git does not name is not', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.uniqueArray(which, { minLength: 1 }), (history, holds) => {
      const world = newWorld()
      for (const each of history) play(world, each)
      const calm: Sync = {
        does: 'sync',
        holds,
        revision: 0,
        refused: [],
        unseen: [],
        killedAt: Infinity,
        budget: 0,
        approved: true,
      }
      play(world, calm)
      play(world, calm)
      const wanted = new Set(holds.map((index) => keyOf(index)))
      for (const key of wanted) {
        const live = world.cluster.get(key)
        assert.ok(live !== undefined && isOurs(live, syncId) === 'ours', `${key} is there`)
      }
      for (const [key, live] of world.cluster) {
        const left = !wanted.has(key) && world.made.has(live.uid) && isOurs(live, syncId) === 'ours'
        assert.ok(!left || staysFor(live, wanted), `${key} is gone`)
      }
    }),
    { numRuns: 1000 },
  )
})

/** A namespace stays while something of ours stays in it. */
function staysFor(live: LiveMetadata, wanted: ReadonlySet<string>): boolean {
  return live.kind === 'Namespace' && [...wanted].some((key) => key.includes(`${live.name}/`))
}

type World = {
  readonly cluster: Map<string, LiveMetadata>
  readonly configMaps: Map<string, string>
  /** The uids of what our PATCH has made or changed. */
  readonly made: Set<string>
  /** As a backup has it. */
  readonly backup: Map<string, LiveMetadata>
  uids: number
}

function newWorld(): World {
  return { cluster: new Map(), configMaps: new Map(), made: new Set(), backup: new Map(), uids: 0 }
}

function play(world: World, does: Step): void {
  if (does.does === 'sync') {
    try {
      sync(world, does)
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
    return
  }
  if (does.does === 'lose the inventory') {
    world.configMaps.clear()
    return
  }
  const key = keyOf(does.which)
  const live = world.cluster.get(key)
  const uid = `uid ${(world.uids += 1)}`
  const made = liveOf(sourceAt(does.which, 0), { uid, annotations: {}, labels: {} })
  if (does.does === 'make') world.cluster.set(key, made)
  if (does.does === 'restore') world.cluster.set(key, { ...(world.backup.get(key) ?? made), uid })
  if (live === undefined) return
  if (does.does === 'delete') world.cluster.delete(key)
  if (does.does === 'strip') world.cluster.set(key, { ...live, annotations: {} })
  if (does.does === 'edit') world.cluster.set(key, { ...live, generation: (live.generation ?? 0) + 1 })
  if (does.does === 'copy the mark') copyMark(world, live, keyOf(does.to))
}

function copyMark({ cluster }: World, { annotations }: LiveMetadata, key: string): void {
  const to = cluster.get(key)
  if (to !== undefined) cluster.set(key, { ...to, annotations })
}

class Killed extends Error {}

/** What an agent does with the decisions, and what must hold of each deletion. */
function sync(world: World, { holds, revision, refused, unseen, killedAt, budget, approved }: Sync): void {
  let writes = 0
  const write = (run: () => void): void => {
    if (writes === killedAt) throw new Killed()
    writes += 1
    run()
  }
  const remember = (inventory: Inventory): void =>
    write(() => {
      world.configMaps.clear()
      for (const { suffix, text } of formatInventory(inventory)) world.configMaps.set(suffix, text)
    })

  const objects = holds.map((index) => ({
    object: sourceAt(index, revision),
    at: { file, line: index + 1, column: 1 },
  }))
  const live: LiveObjects = new Map(
    sources.map((_source, index) => {
      const key = keyOf(index)
      return [key, unseen.includes(index) ? 'unknown' : (world.cluster.get(key) ?? 'absent')]
    }),
  )
  const read = parseInventory([...world.configMaps.values()])
  const inventory = read.ok ? read.value : rebuildInventory(syncId, [...world.cluster.values()])
  const { stages, before } = planSync({ id: syncId, objects, inventory, live, verify: false })
  remember(before)

  const recorded: InventoryEntry[] = []
  let complete = true
  for (const { id, wanted, hash, step: planned } of stages.flat()) {
    const key = formatObjectId(id)
    if (planned.do === 'leave') recorded.push(recordOf(planned.live, hash))
    else if ((planned.do !== 'apply' && planned.do !== 'verify') || refused.some((index) => keyOf(index) === key)) {
      complete = false
    } else {
      write(() => {
        const uid = world.cluster.get(key)?.uid ?? `uid ${(world.uids += 1)}`
        const applied = liveOf(wanted.object, { uid, generation: revision })
        world.cluster.set(key, applied)
        world.backup.set(key, applied)
        world.made.add(uid)
        recorded.push(recordOf(applied, hash))
      })
    }
  }

  const wanted = objects.map((each) => objectIdOf(each.object))
  const applied = new Set(recorded.flatMap(({ uid }) => uid ?? []))
  const approvals = approved ? [commit] : []
  const plan = planPrune({
    id: syncId,
    commit,
    inventory: before,
    wanted,
    live,
    applied,
    complete,
    budget,
    approvals,
  })
  if (plan.delete.length > 0) {
    assert.ok(complete, 'only after everything was applied')
    assert.ok(wanted.length > 0, 'never on an empty commit')
    assert.ok(approved || plan.delete.length <= budget, 'never beyond the budget')
    assert.ok(approved || inventory.rebuilt !== true, 'never by an inventory that was lost')
  }
  for (const { id, uid } of plan.delete) {
    const key = formatObjectId(id)
    const target = world.cluster.get(key)
    assert.ok(target, 'what is deleted is there')
    assert.equal(isOurs(target, syncId), 'ours', 'mark')
    assert.equal(target.uid, uid, 'uid')
    assert.equal(entryFor(before, id)?.uid, uid, 'inventory')
    assert.ok(!applied.has(uid), 'nothing that was just applied')
    assert.ok(!wanted.some((each) => formatObjectId(each) === key), 'nothing that git names')
    assert.ok(approved || !protectedKinds.includes(id.kind), 'nothing protected without an approval')
  }
  const gone: ObjectId[] = [...plan.forget]
  for (const { id } of plan.delete) {
    write(() => {
      world.cluster.delete(formatObjectId(id))
      gone.push(id)
    })
  }
  remember(inventoryAfter({ before, recorded, gone, trusted: plan.trusted }))
}

function sourceAt(index: number, revision: number): KubernetesObject {
  const source = sources[index]
  assert.ok(source)
  return { ...source, spec: { revision } }
}

function keyOf(index: number): string {
  return formatObjectId(objectIdOf(sourceAt(index, 0)))
}

function entryFor({ entries }: Inventory, id: ObjectId): InventoryEntry | undefined {
  return entries.find((entry) => formatObjectId(entry.id) === formatObjectId(id))
}
