import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ReleasableTag, newestReleasableTag } from '../../../src/core/image/releasable.ts'
import { parseTagPolicy, policyAllows } from '../../../src/core/image/tag-policy.ts'
import type { KnownTag } from '../../../src/core/image/wanted-metadata.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

const [amd, arm] = ['linux/amd64', 'linux/arm64'] as const
const policy = (text: string) => guaranteed(parseTagPolicy(text))
const at = (day: number): string => `2026-01-0${day}T00:00:00Z`
const read = (platforms: readonly string[], created?: string): KnownTag => ({
  digest: 'sha256:0',
  firstSeenMs: 1,
  image: { platforms, ...(created === undefined ? {} : { created }) },
})

type Row = readonly [
  name: string,
  given: {
    readonly policy?: string
    readonly tags: readonly string[]
    readonly known?: Readonly<Record<string, KnownTag>>
    readonly needs?: readonly string[]
  },
  expected: ReleasableTag,
]

const lacks = (tag: string, ...platforms: readonly string[]) =>
  ({ tag, because: { kind: 'platforms-missing', platforms } }) as const
const timeless = (tag: string) => ({ tag, because: { kind: 'created-missing' } }) as const

const rows: readonly Row[] = [
  [
    'the newest version where nobody knows what the current one runs on',
    { policy: 'semver:*', tags: ['1.0.0', '1.1.0'] },
    { kind: 'newest', tag: '1.1.0', heldBack: [] },
  ],
  [
    'the newest version that runs on all platforms',
    { policy: 'semver:*', tags: ['1.0.0', '1.1.0'], known: { '1.1.0': read([arm, amd]) }, needs: [amd, arm] },
    { kind: 'newest', tag: '1.1.0', heldBack: [] },
  ],
  [
    'the next version where the newest lacks a platform, and says which',
    {
      policy: 'semver:*',
      tags: ['1.0.0', '1.1.0', '1.2.0'],
      known: { '1.0.0': read([amd]), '1.1.0': read([amd, arm]), '1.2.0': read([amd]) },
      needs: [amd, arm],
    },
    { kind: 'newest', tag: '1.1.0', heldBack: [lacks('1.2.0', arm)] },
  ],
  [
    'nothing while it is unknown what the newest runs on',
    { policy: 'semver:*', tags: ['1.0.0', '1.1.0'], known: { '1.0.0': read([amd]) }, needs: [amd] },
    { kind: 'none', because: { kind: 'platforms-unknown', tag: '1.1.0' }, heldBack: [] },
  ],
  [
    'nothing where all lack a platform',
    { policy: 'semver:*', tags: ['1.0.0'], known: { '1.0.0': read([]) }, needs: [amd] },
    { kind: 'none', because: { kind: 'no-match' }, heldBack: [lacks('1.0.0', amd)] },
  ],
  ['nothing of no tags', { tags: [] }, { kind: 'none', because: { kind: 'no-tags' }, heldBack: [] }],
  [
    'nothing where none is allowed',
    { policy: 'glob:main-*', tags: ['x'] },
    { kind: 'none', because: { kind: 'no-match' }, heldBack: [] },
  ],
  [
    'the last created that runs on all platforms',
    {
      tags: ['a', 'b', 'c'],
      known: { a: read([amd], at(1)), b: read([amd], at(2)), c: read([arm], at(3)) },
      needs: [amd],
    },
    { kind: 'newest', tag: 'b', heldBack: [lacks('c', amd)] },
  ],
  [
    'the last created, and holds back what says no time',
    {
      tags: ['a', 'b', 'c', 'd'],
      known: { a: read([amd], at(1)), b: read([amd]), c: read([amd], '1970-01-01T00:00:00Z'), d: read([amd], '2030') },
    },
    { kind: 'newest', tag: 'a', heldBack: [timeless('b'), timeless('c'), timeless('d')] },
  ],
  [
    'nothing where no time says anything',
    { tags: ['a', 'b'], known: { a: read([amd]), b: read([amd]) } },
    {
      kind: 'none',
      because: { kind: 'created-unknown', tags: ['a', 'b'] },
      heldBack: [timeless('a'), timeless('b')],
    },
  ],
  [
    'nothing while a time has not been read',
    { tags: ['a', 'b'], known: { a: read([amd], at(1)) } },
    { kind: 'none', because: { kind: 'created-unknown', tags: ['b'] }, heldBack: [] },
  ],
]

for (const [name, { policy: text = 'glob:*', tags, known = {}, needs }, expected] of rows) {
  test(`newestReleasableTag picks ${name}`, () => {
    assert.deepEqual(newestReleasableTag(policy(text), tags, { known: (tag) => known[tag], needs }), expected)
  })
}

test('newestReleasableTag never picks what would no longer run, nor what the policy refuses', () => {
  const tag = fc.constantFrom<string>('1.0.0', '1.1.0', '2.0.0', 'main', 'latest', '1.2.0-rc.1')
  const platforms = fc.uniqueArray(fc.constantFrom(amd, arm, 'linux/s390x'))
  const image = fc.tuple(platforms, fc.option(fc.integer({ min: 1, max: 9 }).map(at), { nil: undefined }))
  fc.assert(
    fc.property(
      fc.constantFrom('semver:*', 'glob:*', 'regexp:^[0-9]'),
      fc.array(tag),
      fc.dictionary(
        tag,
        image.map(([on, created]) => read(on, created)),
      ),
      fc.option(platforms, { nil: undefined }),
      (text, tags, known, needs) => {
        const facts = { known: (name: string) => known[name], needs }
        const releasable = newestReleasableTag(policy(text), tags, facts)
        assert.deepEqual(newestReleasableTag(policy(text), tags.toReversed(), facts), releasable)
        for (const held of releasable.heldBack) assert.ok(policyAllows(policy(text), held.tag))
        if (releasable.kind === 'none') return
        assert.ok(tags.includes(releasable.tag) && policyAllows(policy(text), releasable.tag))
        assert.ok(!releasable.heldBack.some((held) => held.tag === releasable.tag))
        const on = known[releasable.tag]?.image?.platforms ?? []
        assert.ok((needs ?? []).every((platform) => on.includes(platform)))
      },
    ),
  )
})
