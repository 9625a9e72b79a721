import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCommitSha } from '../../../src/core/ids.ts'
import { type ObjectId, formatObjectId, objectIdOf } from '../../../src/core/manifest/kubernetes-object.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { type Inventory, type InventoryEntry, emptyInventory } from '../../../src/core/sync/inventory.ts'
import type { LiveMetadata } from '../../../src/core/sync/live-metadata.ts'
import { type PruneFacts, type PrunePlan, planPrune } from '../../../src/core/sync/prune.ts'
import { commit, entryOf, idOf, liveOf, namespace, object, otherSyncId, syncId } from './objects.ts'

// `web` is in git; `old` was, and is superfluous now.

const old = object({}, { name: 'old' })
const oldId = objectIdOf(old)
const oldUid = liveOf(old).uid
const webId = objectIdOf(object())
const earlier = guaranteed(parseCommitSha('e'.repeat(40)))

type Facts = {
  readonly live?: Partial<LiveMetadata> | 'absent' | 'unknown' | 'missing'
  readonly remembered?: Partial<InventoryEntry>
  readonly inventory?: Partial<Inventory>
  readonly prune?: Partial<PruneFacts>
}

const deletion = { id: oldId, apiVersion: 'apps/v1', uid: oldUid }
const nothing: PrunePlan = { delete: [], held: [], forget: [], trusted: true }
const deleted: PrunePlan = { ...nothing, delete: [deletion] }
const forgotten: PrunePlan = { ...nothing, forget: [oldId] }
const held = (because: string, changes: Partial<PrunePlan> = {}): PrunePlan => ({
  ...nothing,
  held: [{ id: oldId, because }],
  ...changes,
})

const annotated = (annotations: Readonly<Record<string, string>>): Partial<LiveMetadata> => ({
  annotations: { ...liveOf(old).annotations, ...annotations },
})
const lost =
  'the inventory was lost, and made again from the marks on the objects, so it is left: delete it by hand (kubectl delete), when it is meant'
const moved =
  'the agent follows main clusters/other now, and not main clusters/production, so it is left: delete it by hand (kubectl delete), when it is meant'
const elsewhere = { inventory: { source: 'main clusters/production' }, prune: { source: 'main clusters/other' } }

const cases: Readonly<Record<string, readonly [Facts, PrunePlan]>> = {
  'deletes what git no longer names': [{}, deleted],
  'leaves what git names': [{ prune: { wanted: [webId, oldId] } }, nothing],
  'leaves what git names in another version': [
    { prune: { wanted: [webId, oldId] }, remembered: { apiVersion: 'apps/v1beta1' } },
    nothing,
  ],
  'forgets what is gone': [{ live: 'absent' }, forgotten],
  'holds what cannot be seen': [{ live: 'unknown' }, held('the agent cannot see whether it is there')],
  'holds what nobody has looked up': [{ live: 'missing' }, held('the agent cannot see whether it is there')],
  'holds what is being deleted': [
    { live: { deletionTimestamp: '2026-11-01T00:00:00Z', finalizers: ['a'] } },
    held('it is being deleted, and waits for what its finalizers stand for: a'),
  ],
  'holds what was made again by somebody': [
    { live: { uid: 'another' } },
    held('it is not the object that was applied: somebody has made it again'),
  ],
  'forgets what bears no mark any more': [{ live: { annotations: {} } }, forgotten],
  "forgets what bears another sync's mark": [
    { live: annotated({ 'lotse.dev/mark': `${otherSyncId}:apps/Deployment:demo/old` }) },
    forgotten,
  ],
  'forgets what bears a copied mark': [
    { live: annotated({ 'lotse.dev/mark': `${syncId}:apps/Deployment:demo/web` }) },
    forgotten,
  ],
  'forgets what was applied under another group in this run': [{ prune: { applied: new Set([oldUid]) } }, forgotten],
  'holds what says so': [{ live: annotated({ 'lotse.dev/prune': 'disabled' }) }, held('lotse.dev/prune: disabled')],
  'holds what Flux v1 ignores': [
    { live: annotated({ 'fluxcd.io/ignore': 'true' }) },
    held('fluxcd.io/ignore in the cluster'),
  ],
  'holds what is suspended': [
    { live: annotated({ 'lotse.dev/suspend': 'mine' }) },
    held('suspended in the cluster: mine'),
  ],
  'holds what the agent stands on': [
    { prune: { own: new Set([formatObjectId(oldId)]) } },
    held('the agent itself stands on it'),
  ],
  'holds all when the commit was not applied in full': [
    { prune: { complete: false } },
    held('the commit could not be applied in full', { trusted: false }),
  ],
  'holds all when the commit is empty': [
    { inventory: { entries: [entryOf(old)] }, prune: { wanted: [] } },
    held('the commit holds no object at all', { trusted: false }),
  ],
  'holds all beyond the budget': [
    { prune: { budget: 0 } },
    held(
      'the deletions of this commit (1) are beyond the budget (0), so it is left: delete it by hand (kubectl delete), when it is meant',
    ),
  ],
  'deletes beyond the budget with an approval of the commit': [{ prune: { budget: 0, approvals: [commit] } }, deleted],
  'holds all beyond the budget with an approval of another commit': [
    { prune: { budget: 0, approvals: [earlier] } },
    held(
      'the deletions of this commit (1) are beyond the budget (0), so it is left: delete it by hand (kubectl delete), when it is meant',
    ),
  ],
  'holds all when the inventory was rebuilt': [{ inventory: { rebuilt: true } }, held(lost, { trusted: false })],
  'deletes by a rebuilt inventory with an approval': [
    { inventory: { rebuilt: true }, prune: { approvals: [commit] } },
    deleted,
  ],
  'trusts a rebuilt inventory in which nothing is superfluous': [
    { inventory: { rebuilt: true }, prune: { wanted: [webId, oldId] } },
    nothing,
  ],
  'holds all when another path is followed': [elsewhere, held(moved, { trusted: false })],
  'deletes what another path does not name with an approval': [
    { ...elsewhere, prune: { ...elsewhere.prune, approvals: [commit] } },
    deleted,
  ],
  'does not trust a rebuilt inventory on account of a commit that is not applied in full': [
    { inventory: { rebuilt: true }, prune: { complete: false, wanted: [webId, oldId] } },
    { ...nothing, trusted: false },
  ],
}

for (const [name, [facts, expected]] of Object.entries(cases)) {
  test(`planPrune ${name}`, () => assert.deepEqual(plan(facts), expected))
}

test('planPrune holds an object whose uid was never noted', () => {
  const { uid: _uid, ...entry } = entryOf(old)
  const { held: all } = plan({ inventory: { entries: [entry] } })
  assert.deepEqual(all, [{ id: oldId, because: 'it was not noted which object was applied' }])
})

test('planPrune forgets what git names under another group, even when it is left alone in this run', () => {
  const moved = objectIdOf(object({ apiVersion: 'extensions/v1' }, { name: 'old' }))
  const live = new Map([
    [formatObjectId(oldId), liveOf(old)],
    [formatObjectId(moved), liveOf(old, { apiVersion: 'extensions/v1' })],
  ])
  assert.deepEqual(plan({ prune: { live, wanted: [webId, moved] } }), forgotten)
})

const protectedObjects = {
  Namespace: namespace('old').object,
  PersistentVolume: object({ apiVersion: 'v1', kind: 'PersistentVolume' }),
  PersistentVolumeClaim: object({ apiVersion: 'v1', kind: 'PersistentVolumeClaim' }),
  StatefulSet: object({ kind: 'StatefulSet' }),
  CustomResourceDefinition: object({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }),
}

for (const [kind, source] of Object.entries(protectedObjects)) {
  test(`planPrune deletes a ${kind} only with an approval`, () => {
    const id = objectIdOf(source)
    const because = `deleting a ${kind} can delete data, so it is left: delete it by hand (kubectl delete), when it is meant`
    assert.deepEqual(planOf([source]), { ...nothing, held: [{ id, because }] })
    assert.deepEqual(
      planOf([source], { approvals: [commit] }).delete.map((each) => each.id),
      [id],
    )
  })
}

const inside = 'something that stays is in it'
const definition = (name: string) =>
  ({
    ...object({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }),
    metadata: { name },
  }) as const

const homes: Readonly<Record<string, readonly [Parameters<typeof planOf>[0], readonly ObjectId[], number]>> = {
  'a namespace that holds a wanted object': [[namespace('demo').object], [webId], 0],
  'a namespace that holds nothing': [[namespace('empty').object], [webId], 1],
  'a namespace that holds what is held': [
    [namespace('shop').object, object({}, { namespace: 'shop', annotations: { 'lotse.dev/prune': 'disabled' } })],
    [webId],
    0,
  ],
  'the definition of a kind that is wanted': [
    [definition('policies.example.com')],
    [idOf('Policy', 'x', { group: 'example.com' })],
    0,
  ],
  'the definition of another kind of the group': [
    [definition('widgets.example.com')],
    [idOf('Policy', 'x', { group: 'example.com' })],
    1,
  ],
}

for (const [name, [objects, wanted, count]] of Object.entries(homes)) {
  test(`planPrune ${count === 0 ? 'holds' : 'deletes'} ${name}, even with an approval`, () => {
    const { delete: all, held: kept } = planOf(objects, { wanted, approvals: [commit] })
    assert.equal(all.length, count)
    assert.equal(
      kept.some(({ because }) => because === inside),
      count === 0,
    )
  })
}

test('planPrune deletes in the reverse order of applying, namespaces last', () => {
  const objects = [
    namespace('old').object,
    object({ apiVersion: 'v1', kind: 'Secret' }, { name: 'a', namespace: 'old' }),
    object({}, { name: 'a', namespace: 'old' }),
    object({}, { name: 'b', namespace: 'old' }),
  ]
  assert.deepEqual(
    planOf(objects, { approvals: [commit] }).delete.map(({ id }) => formatObjectId(id)),
    ['apps/Deployment old/b', 'apps/Deployment old/a', 'Secret old/a', 'Namespace old'],
  )
})

function plan({ live = {}, remembered = {}, inventory = {}, prune = {} }: Facts): PrunePlan {
  const seen = typeof live === 'object' ? liveOf(old, live) : live
  return planPrune({
    id: syncId,
    commit,
    inventory: { ...emptyInventory, entries: [entryOf(object()), entryOf(old, remembered)], ...inventory },
    wanted: [webId],
    live: new Map(seen === 'missing' ? [] : [[formatObjectId(oldId), seen]]),
    applied: new Set([liveOf(object()).uid]),
    complete: true,
    budget: 10,
    approvals: [],
    ...prune,
  })
}

/** All of them are superfluous. */
function planOf(objects: readonly (typeof old)[], prune: Partial<PruneFacts> = {}): PrunePlan {
  const entries = objects.map((source) => entryOf(source))
  const live = new Map(objects.map((source) => [formatObjectId(objectIdOf(source)), liveOf(source)]))
  return plan({
    inventory: { entries },
    prune: { live, wanted: [idOf('ConfigMap', 'kept', { namespace: 'kept' })], ...prune },
  })
}
