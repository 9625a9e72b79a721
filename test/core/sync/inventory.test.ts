import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { objectIdOf } from '../../../src/core/manifest/kubernetes-object.ts'
import {
  type Inventory,
  type InventoryEntry,
  emptyInventory,
  formatInventory,
  inventoryAfter,
  inventoryBefore,
  parseInventory,
  rebuildInventory,
  sameInventory,
} from '../../../src/core/sync/inventory.ts'
import { appliedHash } from '../../../src/core/sync/mark.ts'
import { commit, entryOf, liveOf, object, otherSyncId, syncId } from './objects.ts'

const web = object()
const other = object({}, { name: 'other' })
const webId = objectIdOf(web)

const inventory: Inventory = { sequence: 3, entries: [entryOf(web)], commit, source: 'main clusters/production' }

test('formatInventory is read back by parseInventory', () => {
  const name = fc.stringMatching(/^[a-z0-9.:-]{1,20}$/)
  const entries = fc
    .array(
      fc.record(
        { group: fc.constantFrom('', 'apps'), namespace: name, name, uid: fc.uuid(), key: name, hash: name },
        { requiredKeys: ['group', 'name'] },
      ),
    )
    .map((all) =>
      all.map(({ group, namespace, name: named, ...rest }): InventoryEntry => {
        const id = { group, kind: 'Widget', ...(namespace === undefined ? {} : { namespace }), name: named }
        return { id, apiVersion: group === '' ? 'v1' : 'apps/v1', ...rest }
      }),
    )
  fc.assert(
    fc.property(entries, fc.nat(), fc.boolean(), (some, sequence, rebuilt) => {
      const written: Inventory = { ...inventory, sequence, entries: some, ...(rebuilt ? { rebuilt } : {}) }
      const read = parseInventory(textsOf(written))
      assert.ok(read.ok)
      assert.equal(read.value.sequence, sequence)
      assert.ok(sameInventory(read.value, written))
    }),
  )
})

test('formatInventory writes one ConfigMap while that is enough', () => {
  assert.deepEqual(
    formatInventory(inventory).map(({ suffix }) => suffix),
    [''],
  )
  assert.deepEqual(
    formatInventory(emptyInventory).map(({ suffix }) => suffix),
    [''],
  )
})

const many = (sequence: number, count = 4500, commitOf = commit): Inventory => ({
  sequence,
  commit: commitOf,
  entries: Array.from({ length: count }, (_, i) => entryOf(object({}, { name: `web-${i}` }))),
})

test('formatInventory writes several where one would be too large, within the limits', () => {
  const shards = formatInventory(many(6))
  assert.deepEqual(
    shards.map(({ suffix }) => suffix),
    ['-6-0', '-6-1', '-6-2'],
  )
  for (const { text } of shards) {
    assert.ok(text.length <= 513 * 1024)
    assert.ok(text.split('\n').length <= 2001)
  }
})

test('an inventory that was killed while it was written leaves the one before it', () => {
  const before = formatInventory(many(6))
  const next = formatInventory(many(8, 5000))
  for (let written = 0; written < next.length; written += 1) {
    const there = new Map([...before, ...next.slice(0, written)].map(({ suffix, text }) => [suffix, text]))
    const read = parseInventory([...there.values()])
    assert.ok(read.ok)
    assert.equal(read.value.sequence, 6)
    assert.equal(read.value.entries.length, 4500)
  }
  const read = parseInventory([...before, ...next].map(({ text }) => text).toReversed())
  assert.ok(read.ok && read.value.sequence === 8 && read.value.entries.length === 5000)
})

test('an inventory that shrinks into one ConfigMap is the newest', () => {
  const read = parseInventory([...textsOf(many(6)), ...textsOf({ ...inventory, sequence: 7 })])
  assert.ok(read.ok && read.value.sequence === 7 && read.value.entries.length === 1)
})

const [text = ''] = textsOf(inventory)
const lost: Readonly<Record<string, readonly string[]>> = {
  'no text': [],
  'an empty text': [''],
  'a text that is none': ['{'],
  'a list': ['[]'],
  'a text without its last line': [text.split('\n').slice(0, -1).join('\n')],
  'a text with a line more': [`${text}\n${text.split('\n')[1]}`],
  'a text with another uid': [text.replace(/"uid":"[^"]*/, '"uid":"x')],
  'a text of another version': [text.replace('"version":1', '"version":2')],
  'a part without the others': [textsOf(many(6))[1] ?? ''],
  'parts of which one is missing': textsOf(many(6)).slice(1),
  'a text with a sequence that is none': [text.replace('"sequence":3', '"sequence":-1')],
  'a lot of nothing': [`{"version":1,"sequence":1,"digest":"","shard":0,"of":1,"head":{}}${'\n'.repeat(100_000)}`],
}

for (const [name, texts] of Object.entries(lost)) {
  test(`parseInventory refuses ${name}`, () => assert.equal(parseInventory(texts).ok, false))
}

test('parseInventory refuses anything else, and never throws', () => {
  fc.assert(fc.property(fc.array(fc.string()), (texts) => !parseInventory(texts).ok))
  fc.assert(fc.property(fc.array(fc.json()), (texts) => !parseInventory(texts).ok))
})

test('inventoryBefore keeps what was, and adds what is about to be applied', () => {
  const before = inventoryBefore(inventory, {
    id: syncId,
    toApply: [webId, objectIdOf(other)].map((id) => ({ id, apiVersion: 'apps/v1' })),
    live: () => liveOf(web),
  })
  assert.deepEqual(before, {
    ...inventory,
    sequence: 4,
    entries: [...inventory.entries, { id: objectIdOf(other), apiVersion: 'apps/v1' }],
  })
})

test('inventoryBefore forgets the uid of what is gone and will be made again', () => {
  const toApply = [{ id: webId, apiVersion: 'apps/v1' }]
  const before = inventoryBefore(inventory, { id: syncId, toApply, live: () => undefined })
  assert.deepEqual(before.entries, [{ id: webId, apiVersion: 'apps/v1' }])
})

test('inventoryBefore notes the uid of what was restored from a backup, and is wanted', () => {
  const facts = { id: syncId, live: () => liveOf(web, { uid: 'restored' }) }
  const toApply = [{ id: webId, apiVersion: 'apps/v1' }]
  assert.deepEqual(inventoryBefore(inventory, { ...facts, toApply }).entries, [{ ...noted, uid: 'restored' }])
  assert.deepEqual(inventoryBefore(inventory, { ...facts, toApply: [] }).entries, inventory.entries)
})

const noted = { id: webId, apiVersion: 'apps/v1' }

test('inventoryBefore notes the uid of an object that bears our mark, applied before a kill', () => {
  const before = (live = liveOf(web)) =>
    inventoryBefore({ ...inventory, entries: [noted] }, { id: syncId, toApply: [], live: () => live }).entries
  assert.deepEqual(before(), [{ ...noted, uid: liveOf(web).uid }])
  assert.deepEqual(before(liveOf(web, { annotations: {} })), [noted])
})

test('inventoryAfter is what was, with what is known now, without what is gone', () => {
  const before = { ...inventory, entries: [noted, entryOf(other)] }
  const after = inventoryAfter({ before, recorded: [entryOf(web)], gone: [objectIdOf(other)], commit, trusted: true })
  assert.deepEqual(after, { sequence: 4, entries: [entryOf(web)], commit })
})

test('inventoryAfter keeps the last full commit, and what makes it doubtful, until a prune was trusted', () => {
  const before: Inventory = { ...inventory, rebuilt: true }
  const facts = { before, recorded: [], gone: [], source: 'main clusters/other' }
  assert.deepEqual(inventoryAfter({ ...facts, trusted: false }), { ...before, sequence: 4 })
  const { rebuilt: _rebuilt, ...sure } = before
  assert.deepEqual(inventoryAfter({ ...facts, trusted: true }), { ...sure, sequence: 4, source: 'main clusters/other' })
})

test('rebuildInventory takes what bears our mark, and says that it was rebuilt', () => {
  const live = [
    liveOf(web),
    liveOf(other, { annotations: liveOf(web).annotations }),
    liveOf(other, { annotations: { 'lotse.dev/mark': `${otherSyncId}:apps/Deployment:demo/other` } }),
  ]
  assert.deepEqual(rebuildInventory(syncId, live), {
    sequence: 0,
    entries: [{ ...noted, uid: liveOf(web).uid, hash: appliedHash(web) }],
    rebuilt: true,
  })
})

test('rebuildInventory of a cluster without a mark is empty, and nothing was lost', () => {
  assert.deepEqual(rebuildInventory(syncId, [liveOf(web, { annotations: {} })]), emptyInventory)
})

test('sameInventory minds neither the sequence nor the order', () => {
  const two = { ...inventory, entries: [entryOf(web), entryOf(other)] }
  assert.ok(sameInventory(two, { ...two, sequence: 99, entries: two.entries.toReversed() }))
  assert.ok(!sameInventory(two, inventory))
  assert.ok(!sameInventory(two, { ...two, rebuilt: true }))
})

function textsOf(written: Inventory): readonly string[] {
  return formatInventory(written).map((shard) => shard.text)
}
