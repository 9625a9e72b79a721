import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fruitless } from '../../../src/core/release/plan.ts'
import { forgetOldFruitless, keepFruitless, readFruitless } from '../../../src/io/store/fruitless.ts'
import { doubtTags, keepContent, keepDigest, keepListed, keepTags } from '../../../src/io/store/registry.ts'
import { image, openMigrated } from './migrated.ts'

const database = await openMigrated()

const demo = image('eu.gcr.io/project/demo-service')
const other = image('ghcr.io/acme/other')
const now = new Date('2026-11-22T10:00:00Z')
const digest = `sha256:${'a'.repeat(64)}`
const moved = `sha256:${'b'.repeat(64)}`
const refused = { kind: 'refused', because: 'it has status 403' } as const

const after = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000)

async function keep(...references: readonly string[]): Promise<void> {
  for (const reference of references) await keepFruitless(database, { image: demo, reference, answer: refused, now })
}

async function kept(at = now): Promise<readonly string[]> {
  const all = await readFruitless(database, [demo], at)
  return [...(all.get(demo)?.keys() ?? [])].toSorted()
}

async function list(tags: readonly string[]): Promise<void> {
  await keepTags(database, demo, { answer: { kind: 'tags', tags }, etag: undefined, now })
}

test('what a registry did not show is not asked again at once, and each time later', async () => {
  const pauses: number[] = []
  let at = 0
  for (let round = 0; round < 6; round += 1) {
    await keepFruitless(database, { image: demo, reference: 'main-1', answer: refused, now: after(at) })
    let pause = 0
    while ((await kept(after(at + pause))).length > 0) pause += 1
    pauses.push(pause)
    at += pause
  }
  assert.deepEqual(pauses, [1, 4, 16, 64, 64, 64])
})

test('it is known with its reason, and for no other image', async () => {
  await keep('main-1')
  await keepFruitless(database, { image: demo, reference: digest, answer: { kind: 'absent' }, now })
  const of = new Map<string, Fruitless>([
    ['main-1', refused],
    [digest, { kind: 'absent' }],
  ])
  assert.deepEqual(await readFruitless(database, [demo, other], now), new Map([[demo, of]]))
})

test('a tag that the list has no more is forgotten: when it returns it is another', async () => {
  await list(['main-1', 'main-2'])
  await keep('main-1', 'main-2', digest)
  await list(['main-1', 'main-3'])
  assert.deepEqual(await kept(), ['main-1', digest])
})

test('after the image itself was refused nothing of it is remembered', async () => {
  await list(['main-1'])
  await keep('main-1', digest)
  await keepTags(database, demo, { answer: refused, etag: undefined, now })
  assert.deepEqual(await kept(), ['main-1', digest])
  await list(['main-1'])
  assert.deepEqual(await kept(), [])
})

test('a tag that the list shows to have moved is forgotten, the others are not', async () => {
  const listed = async (of: string): Promise<void> =>
    keepListed(database, demo, {
      manifests: [
        { digest: of, tags: ['main-1'] },
        { digest, tags: ['main-2'] },
      ],
      now,
    })
  await listed(digest)
  await keep('main-1', 'main-2')
  await listed(digest)
  assert.deepEqual(await kept(), ['main-1', 'main-2'])
  await listed(moved)
  assert.deepEqual(await kept(), ['main-2'])
})

test('what is shown after all is forgotten', async () => {
  await keep('main-1', digest, moved)
  await keepDigest(database, { image: demo, tag: 'main-1', digest, now })
  await keepContent(database, digest, { platforms: [] })
  assert.deepEqual(await kept(), [moved])
})

test('a tag that is told to be pushed is forgotten', async () => {
  await keep('main-1', 'main-2')
  await doubtTags(database, [{ image: demo, tag: 'main-1' }], now)
  assert.deepEqual(await kept(), ['main-2'])
})

test('of images that nobody follows nothing is remembered', async () => {
  await keep('main-1')
  await forgetOldFruitless(database)
  assert.deepEqual(await kept(), [])
})
