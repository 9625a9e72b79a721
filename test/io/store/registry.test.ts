import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ImageTags } from '../../../src/core/release/plan.ts'
import { isProved, keepManifest, keepTags, readTags } from '../../../src/io/store/registry.ts'
import { image, openMigrated } from './migrated.ts'

const database = await openMigrated()

const demo = image('eu.gcr.io/project/demo-service')
const other = image('ghcr.io/acme/other')
const now = new Date('2026-11-22T10:00:00.123Z')
const digest = `sha256:${'a'.repeat(64)}`

describe('what a registry said comes back as it was kept:', () => {
  const answers: readonly (readonly [name: string, answer: ImageTags, etag: string | undefined])[] = [
    ['tags', { kind: 'tags', tags: ['1.2.1', '1.10', 'ünï', '"'] }, 'W/"abc"'],
    ['no tags', { kind: 'tags', tags: [] }, undefined],
    ['absent', { kind: 'absent' }, undefined],
    ['refused', { kind: 'refused', because: 'the registry wants a password' }, undefined],
    ['unknown', { kind: 'unknown' }, undefined],
  ]
  for (const [name, answer, etag] of answers) {
    test(name, async () => {
      await keepTags(database, demo, { answer, etag, now })
      assert.deepEqual([...(await readTags(database, [demo, other]))], [[demo, { answer, etag, readAt: now }]])
    })
  }
})

test('the last answer of a registry counts', async () => {
  const later = new Date('2026-11-22T11:00:00Z')
  await keepTags(database, demo, { answer: { kind: 'tags', tags: ['1.2.0'] }, etag: '"a"', now })
  await keepTags(database, demo, { answer: { kind: 'absent' }, etag: undefined, now: later })
  const known = { answer: { kind: 'absent' }, etag: undefined, readAt: later }
  assert.deepEqual([...(await readTags(database, [demo]))], [[demo, known]])
})

test('of no image nothing is known', async () => {
  await keepTags(database, demo, { answer: { kind: 'unknown' }, etag: undefined, now })
  assert.deepEqual([...(await readTags(database, []))], [])
})

test('a tag is proved for its image, and for no other', async () => {
  await keepManifest(database, { image: demo, tag: '1.2.1', digest, now })
  assert.deepEqual(
    [
      await isProved(database, demo, '1.2.1'),
      await isProved(database, demo, '1.2.2'),
      await isProved(database, other, '1.2.1'),
    ],
    [true, false, false],
  )
})

test('the first time that a manifest was seen stays, and another one under the same tag has its own', async () => {
  const seen = async (): Promise<readonly unknown[]> =>
    (await database.query('select digest, first_seen from manifest order by digest')).map((row) => ({ ...row }))
  const later = new Date('2026-11-23T10:00:00Z')
  const moved = `sha256:${'b'.repeat(64)}`
  await keepManifest(database, { image: demo, tag: '1.2.1', digest, now })
  await keepManifest(database, { image: demo, tag: '1.2.1', digest, now: later })
  await keepManifest(database, { image: demo, tag: '1.2.1', digest: moved, now: later })
  assert.deepEqual(await seen(), [
    { digest, first_seen: now },
    { digest: moved, first_seen: later },
  ])
})
