import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ImageTags } from '../../../src/core/release/plan.ts'
import {
  doubtTags,
  keepContent,
  keepDigest,
  keepListed,
  keepTags,
  readKnownTags,
  readTags,
} from '../../../src/io/store/registry.ts'
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
      const listed = answer.kind === 'tags' ? { since: now.toISOString(), later: [] } : undefined
      assert.deepEqual([...(await readTags(database, [demo, other]))], [[demo, { answer, etag, readAt: now, listed }]])
    })
  }
})

test('the last answer of a registry counts', async () => {
  const later = new Date('2026-11-22T11:00:00Z')
  await keepTags(database, demo, { answer: { kind: 'tags', tags: ['1.2.0'] }, etag: '"a"', now })
  await keepTags(database, demo, { answer: { kind: 'absent' }, etag: undefined, now: later })
  const known = { answer: { kind: 'absent' }, etag: undefined, readAt: later, listed: undefined }
  assert.deepEqual([...(await readTags(database, [demo]))], [[demo, known]])
})

test('of no image nothing is known', async () => {
  await keepTags(database, demo, { answer: { kind: 'unknown' }, etag: undefined, now })
  assert.deepEqual([...(await readTags(database, []))], [])
})

test('since when a registry lists a tag is kept from list to list', async () => {
  const [first, second] = [now.toISOString(), '2026-11-22T11:00:00.000Z']
  const list = async (tags: readonly string[], at: string): Promise<unknown> => {
    await keepTags(database, demo, { answer: { kind: 'tags', tags }, etag: undefined, now: new Date(at) })
    return (await readTags(database, [demo])).get(demo)?.listed
  }
  assert.deepEqual(await list(['1.0.0'], first), { since: first, later: [] })
  const later = [['1.1.0', second]]
  assert.deepEqual(await list(['1.0.0', '1.1.0'], second), { since: first, later })
  assert.deepEqual(await list(['1.0.0', '1.1.0'], '2026-11-22T12:00:00.000Z'), { since: first, later })
})

test('a tag is known for its image, and for no other', async () => {
  await keepDigest(database, { image: demo, tag: '1.2.1', digest, now })
  const known = { digest, firstSeenMs: now.getTime(), lastSeenMs: now.getTime() }
  assert.deepEqual(await readKnownTags(database, [demo, other]), new Map([[demo, new Map([['1.2.1', known]])]]))
  assert.deepEqual(await readKnownTags(database, [demo], ['1.2.2']), new Map())
})

test('the first time that a digest was seen stays, and another one under the same tag has its own', async () => {
  const tag = async (): Promise<unknown> => (await readKnownTags(database, [demo])).get(demo)?.get('1.2.1')
  const later = new Date('2026-11-23T10:00:00Z')
  const moved = `sha256:${'b'.repeat(64)}`
  await keepDigest(database, { image: demo, tag: '1.2.1', digest, now })
  await keepDigest(database, { image: demo, tag: '1.2.1', digest, now: later })
  assert.deepEqual(await tag(), { digest, firstSeenMs: now.getTime(), lastSeenMs: later.getTime() })
  const latest = new Date('2026-11-24T10:00:00Z')
  await keepDigest(database, { image: demo, tag: '1.2.1', digest: moved, now: latest })
  const seen = latest.getTime()
  assert.deepEqual(await tag(), { digest: moved, firstSeenMs: seen, lastSeenMs: seen, moved: true })
})

test('a tag that was pushed since it was seen is not known until it is seen again', async () => {
  const at = (minute: number): Date => new Date(now.getTime() + minute * 60_000)
  const tags = async (): Promise<unknown> => [...((await readKnownTags(database, [demo])).get(demo)?.keys() ?? [])]
  await keepDigest(database, { image: demo, tag: '1.2.1', digest, now })
  await keepDigest(database, { image: demo, tag: '1.2.2', digest, now })
  await doubtTags(
    database,
    [
      { image: demo, tag: '1.2.1' },
      { image: other, tag: '1.2.2' },
    ],
    at(2),
  )
  assert.deepEqual(await tags(), ['1.2.2'])
  await keepDigest(database, { image: demo, tag: '1.2.1', digest: `sha256:${'c'.repeat(64)}`, now: at(3) })
  assert.deepEqual(await tags(), ['1.2.1', '1.2.2'])
  // Its age counts anew, so what it was before must not be forgotten.
  assert.equal((await readKnownTags(database, [demo])).get(demo)?.get('1.2.1')?.moved, true)
})

test('what was just seen of a tag is known, whatever others say', async () => {
  await keepDigest(database, { image: demo, tag: '1.2.1', digest, now })
  await doubtTags(database, [{ image: demo, tag: '1.2.1' }], new Date(now.getTime() + 1))
  assert.equal((await readKnownTags(database, [demo], ['1.2.1'])).get(demo)?.get('1.2.1')?.digest, digest)
})

test('what a digest is, is known wherever it is found, and never changes', async () => {
  const content = { created: '2026-11-20T10:00:00Z', platforms: ['linux/amd64'], labels: { source: 'a\0b' } }
  await keepContent(database, digest, content)
  await keepContent(database, digest, { platforms: [] })
  await keepDigest(database, { image: other, tag: 'main', digest, now })
  const known = (await readKnownTags(database, [other])).get(other)?.get('main')
  assert.deepEqual(known?.image, { ...content, labels: { source: 'a\ufffdb' } })
})

test('what a list says of its tags is known at once, and what it says anew counts', async () => {
  const listed = async (digest: string, created: string, at: Date): Promise<unknown> => {
    const manifests = [{ digest, tags: ['main-1', 'main-2'], created }]
    await keepListed(database, demo, { manifests, now: at })
    return (await readKnownTags(database, [demo])).get(demo)?.get('main-2')
  }
  const [first, second] = [now.getTime(), now.getTime() + 60_000]
  const [created, later] = ['2026-11-20T10:00:00.000Z', '2026-11-20T11:00:00.000Z']
  const other = `sha256:${'b'.repeat(64)}`
  const known = { digest, created, firstSeenMs: first, lastSeenMs: first }
  assert.deepEqual(await listed(digest, created, now), known)
  assert.deepEqual(await listed(digest, created, new Date(second)), known)
  const moved = { digest: other, created: later, firstSeenMs: second, lastSeenMs: second, moved: true }
  assert.deepEqual(await listed(other, later, new Date(second)), moved)
  const back = { ...known, lastSeenMs: second + 1, moved: true }
  assert.deepEqual(await listed(digest, created, new Date(second + 1)), back)
})
