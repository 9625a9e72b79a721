import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newestAllowedTag } from '../../../src/core/image/newest.ts'
import { parseTagPolicy, policyAllows } from '../../../src/core/image/tag-policy.ts'
import { type KnownTag, createdTimes, wantedMetadata } from '../../../src/core/image/wanted-metadata.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

type Knowledge = Readonly<Record<string, KnownTag>>

const resolved = (digest: string, firstSeenMs = 1): KnownTag => ({ digest, firstSeenMs })
const read = (digest: string, created?: string): KnownTag => ({
  digest,
  firstSeenMs: 1,
  image: { platforms: ['linux/amd64'], ...(created === undefined ? {} : { created }) },
})
const policy = (text: string) => guaranteed(parseTagPolicy(text))

type Row = readonly [
  name: string,
  given: {
    readonly policy?: string
    readonly tags: readonly string[]
    readonly known?: Knowledge
    readonly atMost?: number
  },
  expected: { readonly describe?: readonly string[]; readonly resolve?: readonly string[]; readonly later?: number },
]

const rows: readonly Row[] = [
  ['nothing for versions', { policy: 'semver:*', tags: ['1.0.0', '1.1.0'] }, {}],
  ['nothing for no tags', { tags: [] }, {}],
  ['nothing for a single candidate', { policy: 'glob:main-*', tags: ['main-1', 'dev-1', 'latest'] }, {}],
  [
    'nothing of what a list has told',
    { tags: ['a', 'b'], known: { a: { ...resolved('1'), created: '2026-11-20T10:00:00Z' }, b: read('2') } },
    {},
  ],
  ['nothing for a candidate that is listed twice', { tags: ['a', 'a'] }, {}],
  ['the digests of new tags', { tags: ['a', 'b'] }, { resolve: ['b', 'a'] }],
  [
    'nothing of tags that may not be released',
    { policy: 'regexp:^main', tags: ['main-1', 'main-2', 'x'] },
    { resolve: ['main-2', 'main-1'] },
  ],
  [
    'what is behind a digest',
    { tags: ['a', 'b'], known: { a: resolved('1'), b: resolved('2') } },
    { describe: ['b 2', 'a 1'] },
  ],
  [
    'a digest once',
    { tags: ['a', 'b', 'c'], known: { a: resolved('1'), b: resolved('1'), c: resolved('1') } },
    { describe: ['c 1'] },
  ],
  ['nothing that was read', { tags: ['a', 'b'], known: { a: read('1'), b: read('2', '2026-01-01T00:00:00Z') } }, {}],
  [
    'digests before tags',
    { tags: ['a', 'b', 'c'], known: { a: resolved('1') }, atMost: 2 },
    { describe: ['a 1'], resolve: ['c'], later: 1 },
  ],
  [
    'what was seen last before the rest',
    { tags: ['a', 'b', 'c'], known: { a: resolved('1', 5), b: resolved('2', 9), c: resolved('3', 5) }, atMost: 2 },
    { describe: ['b 2', 'c 3'], later: 1 },
  ],
  [
    'numbers by their value',
    { tags: ['main-9', 'main-100', 'main-099', 'main-20260102030405060708', 'main-99'] },
    { resolve: ['main-20260102030405060708', 'main-100', 'main-99', 'main-099', 'main-9'] },
  ],
  ['nothing where nothing may be asked', { tags: ['a', 'b'], atMost: 0 }, { later: 2 }],
]

for (const [name, { policy: text = 'glob:*', tags, known = {}, atMost = 10 }, expected] of rows) {
  test(`wantedMetadata wants ${name}`, () => {
    const wanted = wantedMetadata(policy(text), tags, { known: (tag) => known[tag], atMost })
    assert.deepEqual(
      { ...wanted, describe: wanted.describe.map(({ tag, digest }) => `${tag} ${digest}`) },
      { describe: [], resolve: [], later: 0, ...expected },
    )
  })
}

test('createdTimes waits for what nobody has read, and for nothing that was read', () => {
  const known: Knowledge = { a: resolved('1'), b: read('2'), c: read('3', '2026-01-01T00:00:00Z') }
  const created = createdTimes((tag) => known[tag])
  assert.deepEqual(['a', 'b', 'c', 'd'].map(created), [undefined, '', '2026-01-01T00:00:00Z', undefined])
})

const names = fc.uniqueArray(
  fc.oneof(
    fc.tuple(fc.constantFrom('main-', 'dev-', 'v'), fc.nat(120)).map(([name, number]) => `${name}${number}`),
    fc.constantFrom('latest', 'main', '1.2.3', 'main-007'),
  ),
  { maxLength: 25 },
)
const policies = fc.constantFrom('glob:*', 'glob:main-*', 'regexp:-', 'semver:*')

test('wanting is bounded, wants nothing in vain, and does not hang on the order of a list', () => {
  const knowledge = fc.dictionary(fc.constantFrom('main-1', 'main-2', 'dev-1', 'main'), fc.nat(3))
  fc.assert(
    fc.property(policies, names, knowledge, fc.nat(30), (text, tags, digests, atMost) => {
      const known = (tag: string): KnownTag | undefined => {
        const digest = digests[tag]
        return digest === undefined ? undefined : digest === 0 ? read('0') : resolved(`${digest}`)
      }
      const wanted = wantedMetadata(policy(text), tags, { known, atMost })
      const asked = [...wanted.describe.map(({ tag }) => tag), ...wanted.resolve]
      assert.ok(asked.length <= atMost)
      assert.equal(new Set(asked).size, asked.length)
      for (const tag of asked) {
        assert.ok(tags.includes(tag) && policyAllows(policy(text), tag))
        assert.equal(known(tag)?.image, undefined)
      }
      assert.deepEqual(wantedMetadata(policy(text), tags.toReversed(), { known, atMost }), wanted)
    }),
  )
})

test('whoever looks up what is wanted, run by run, learns the newest and asks for each thing once', () => {
  fc.assert(
    fc.property(policies, names, fc.integer({ min: 1, max: 7 }), fc.nat(5), (text, tags, atMost, digests) => {
      const knowledge = new Map<string, KnownTag>()
      const images = new Map<string, NonNullable<KnownTag['image']>>()
      const known = (tag: string): KnownTag | undefined => {
        const found = knowledge.get(tag)
        const image = images.get(found?.digest ?? '')
        return found === undefined || image === undefined ? found : { ...found, image }
      }
      const digestOf = (tag: string): string => `${tag.length % (digests + 1)} ${tag.at(-1)}`
      for (let run = 0; ; run += 1) {
        assert.ok(run <= 2 * tags.length, 'it never ends')
        const { describe, resolve, later } = wantedMetadata(policy(text), tags, { known, atMost })
        assert.ok(later === 0 || describe.length + resolve.length === atMost)
        if (describe.length + resolve.length === 0) break
        for (const tag of resolve) knowledge.set(tag, resolved(digestOf(tag), run))
        for (const { digest } of describe) {
          assert.ok(!images.has(digest))
          images.set(digest, { platforms: [], created: `2026-01-0${1 + (digest.length % 9)}T00:00:00Z` })
        }
      }
      const newest = newestAllowedTag(policy(text), tags, createdTimes(known))
      assert.ok(newest.kind === 'newest' || newest.because.kind !== 'created-unknown')
    }),
  )
})
