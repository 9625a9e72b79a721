import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { isOlder, newestAllowedTag, rankTags } from '../../../src/core/image/newest.ts'
import { parseTagPolicy, type TagPolicy } from '../../../src/core/image/tag-policy.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

const policy = (text: string): TagPolicy => guaranteed(parseTagPolicy(text))
const order = (text: string, tags: readonly string[], created?: Readonly<Record<string, string>>): readonly string[] =>
  rankTags(policy(text), tags, (tag) => created?.[tag]).map(({ tag }) => tag)

type NewestRow = readonly [
  name: string,
  given: { policy: string; tags: readonly string[]; created?: Readonly<Record<string, string>> },
  expected: unknown,
]

suite('newestAllowedTag', () => {
  const at = (second: number): string => `2019-08-07T10:00:0${second}Z`
  const rows: readonly NewestRow[] = [
    ['the highest version', { policy: 'semver:~1.2', tags: ['1.2.0', '1.2.1', '1.3.0'] }, '1.2.1'],
    ['versions as numbers', { policy: 'semver:*', tags: ['1.9.0', '1.10.0'] }, '1.10.0'],
    ['1.10.0 before 1.10', { policy: 'semver:*', tags: ['1.10', '1.10.0'] }, '1.10.0'],
    [
      'a version even where the current tag is none',
      { policy: 'semver:*', tags: ['master-a000001', '3.0.0'] },
      '3.0.0',
    ],
    ['the last created', { policy: 'glob:*', tags: ['a', 'b'], created: { a: at(1), b: at(2) } }, 'b'],
    ['the first name of one time', { policy: 'glob:*', tags: ['b', 'a'], created: { a: at(1), b: at(1) } }, 'a'],
    [
      'the last of a nanosecond',
      {
        policy: 'regexp:.',
        tags: ['a', 'b'],
        created: { a: '2019-08-07T10:00:00.123456788Z', b: '2019-08-07T10:00:00.123456789Z' },
      },
      'b',
    ],
    [
      'time across zones',
      {
        policy: 'glob:*',
        tags: ['a', 'b'],
        created: { a: '2019-08-07T10:00:00+02:00', b: '2019-08-07T09:00:00Z' },
      },
      'b',
    ],
    ['the only candidate without a time', { policy: 'glob:v*', tags: ['v1', 'w1'] }, 'v1'],
    ['the greatest number', { policy: 'numerical:asc', tags: ['9', '10', '1e1', '-1'] }, '1e1'],
    ['the least number', { policy: 'numerical:desc', tags: ['9', '10.5', '.5'] }, '.5'],
    [
      'the greatest of numbers that are too long for floats',
      { policy: 'numerical:asc', tags: ['20240115123456789', '20240115123456788', '20240115123456787'] },
      '20240115123456789',
    ],
    [
      'the greatest number in a name',
      { policy: 'numerical:asc filter=^main-([0-9]+) extract=$1', tags: ['main-9', 'main-10-a', 'dev-11', 'latest'] },
      'main-10-a',
    ],
    [
      'the last name of one extract',
      { policy: 'numerical:asc filter=([0-9]+)$ extract=$1', tags: ['b-1', 'a-1'] },
      'b-1',
    ],
    ...['nan', 'inf', '0x1p4', '1_0', 'main', '1e999'].map((tag): NewestRow => [
      `none where ${tag} is to be a number`,
      { policy: 'numerical:asc', tags: ['1', tag] },
      { kind: 'no-number', tags: [tag] },
    ]),
    [
      'none where the only candidate is no number',
      { policy: 'numerical:desc', tags: ['a'] },
      { kind: 'no-number', tags: ['a'] },
    ],
    ['the last of the alphabet', { policy: 'alphabetical:asc', tags: ['1.0.63', '1.0.9', 'B', 'a'] }, 'a'],
    ['the first of the alphabet', { policy: 'alphabetical:desc', tags: ['b', 'a', 'B'] }, 'B'],
    ['the last letter in a name', { policy: 'alphabetical:asc filter=-(.)$ extract=$1', tags: ['z-a', 'a-b'] }, 'a-b'],
    [
      'the highest version in a name',
      { policy: 'semver:>=1.9 filter=^app-(.+)$ extract=$1', tags: ['app-1.9.0', 'app-1.10.0', '2.0.0', 'app-x'] },
      'app-1.10.0',
    ],
    ['none of no tags', { policy: 'glob:*', tags: [] }, { kind: 'no-tags' }],
    ['none that matches', { policy: 'glob:v*', tags: ['latest', 'x'] }, { kind: 'no-match' }],
    [
      'none where a time is unknown',
      { policy: 'glob:*', tags: ['a', 'c', 'b'], created: { a: at(1) } },
      {
        kind: 'created-unknown',
        tags: ['b', 'c'],
      },
    ],
    ...['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z', 'today', '2030'].map((silent): NewestRow => [
      `one whose time says something before ${silent}`,
      { policy: 'glob:*', tags: ['a', 'b'], created: { a: at(1), b: silent } },
      'a',
    ]),
    [
      'none where no time says anything',
      { policy: 'glob:*', tags: ['a', 'b'], created: { a: '1970-01-01T00:00:00Z', b: '0001-01-01T00:00:00Z' } },
      { kind: 'created-unknown', tags: ['a', 'b'] },
    ],
  ]
  for (const [name, given, expected] of rows) {
    test(`picks ${name}`, () => {
      const newest = newestAllowedTag(policy(given.policy), given.tags, (tag) => given.created?.[tag])
      assert.deepEqual(newest.kind === 'newest' ? newest.tag : newest.because, expected)
    })
  }
})

suite('rankTags', () => {
  test('puts versions first to last as Flux does', () => {
    const tags = ['3', 'v1', '1.10', '1.2.30', '1.10.0', 'bbb', 'aaa']
    assert.deepEqual(order('semver:*', tags), ['3', '1.10.0', '1.10', '1.2.30', 'v1', 'aaa', 'bbb'])
  })

  test('puts times first to last as Flux does, unknown ones at the end', () => {
    const created = {
      2: '2019-08-07T10:00:01Z',
      0: '2019-08-07T10:00:02Z',
      3: '2019-08-07T10:00:00Z',
      1: '2019-08-07T10:00:01Z',
    }
    assert.deepEqual(order('glob:*', ['2', '0', '3', '4', '1', '5'], created), ['0', '1', '2', '3', '4', '5'])
  })

  test('says of each tag why it is not the one', () => {
    const tags = ['1.2.0', '1.2', '1.1.0', '1.3.0-rc.1', 'latest', 'main', '2.0.0', '1.2.0']
    assert.deepEqual(rankTags(policy('semver:^1'), tags), [
      { tag: '1.2.0', standing: { kind: 'newest' } },
      { tag: '1.2', standing: { kind: 'equal', to: '1.2.0' } },
      { tag: '1.1.0', standing: { kind: 'older', than: '1.2.0' } },
      { tag: '1.3.0-rc.1', standing: { kind: 'not-allowed', because: 'prerelease' } },
      { tag: '2.0.0', standing: { kind: 'not-allowed', because: 'no-match' } },
      { tag: 'latest', standing: { kind: 'not-allowed', because: 'latest' } },
      { tag: 'main', standing: { kind: 'not-allowed', because: 'no-version' } },
    ])
  })

  test('decides nothing while a time is unknown', () => {
    const created = (tag: string): string | undefined => (tag === 'a' ? '2019-08-07T10:00:00Z' : undefined)
    assert.deepEqual(rankTags(policy('glob:*'), ['b', 'a'], created), [
      { tag: 'a', standing: { kind: 'undecided' } },
      { tag: 'b', standing: { kind: 'created-unknown' } },
    ])
  })
})

suite('isOlder', () => {
  const created = (tag: string): string | undefined => ({ a: '2019-08-07T10:00:00Z', b: '2019-08-07T11:00:00Z' })[tag]
  const rows: readonly [policy: string, tag: string, than: string, expected: boolean][] = [
    ['semver:*', '1.2.0', '1.3.0', true],
    ['semver:*', '1.3.0', '1.2.0', false],
    ['semver:*', '1.10.0', '1.10', false],
    ['semver:*', '1.0.0', 'master-a000001', false],
    ['glob:*', 'a', 'b', true],
    ['glob:*', 'b', 'a', false],
    ['glob:*', 'a', 'gone', false],
  ]
  for (const [text, tag, than, expected] of rows) {
    test(`by ${text}, ${tag} is ${expected ? '' : 'not '}older than ${than}`, () =>
      assert.equal(isOlder(policy(text), tag, than, created), expected))
  }
})

const tags = fc.uniqueArray(
  fc.oneof(
    fc.tuple(fc.nat(2), fc.nat(2), fc.constantFrom('', '.0', '-rc.1', '.1')).map(([a, b, c]) => `${a}.${b}${c}`),
    fc.constantFrom('1', 'v1', 'v1.0', '01', 'main', 'latest', 'dev-1', 'dev-2'),
  ),
  { maxLength: 12 },
)
const times = fc.dictionary(
  fc.constantFrom('1', 'v1', 'main', 'dev-1', '0.0', '1.1'),
  fc.constantFrom('2019-08-07T10:00:00Z', '2020-01-01T00:00:00Z', '1970-01-01T00:00:00Z'),
)

test('ranking is a total order: the order of the list that a registry gives does not matter', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('semver:*-0', 'glob:*', 'regexp:.'),
      tags,
      times,
      fc.infiniteStream(fc.nat()),
      (text, tags, created, keys) => {
        const shuffled = tags.map((tag) => ({ tag, key: keys.next().value ?? 0 })).toSorted((a, b) => a.key - b.key)
        const ranked = rankTags(policy(text), tags, (tag) => created[tag])
        assert.deepEqual(
          rankTags(
            policy(text),
            shuffled.map(({ tag }) => tag),
            (tag) => created[tag],
          ),
          ranked,
        )
        assert.deepEqual(ranked.map(({ tag }) => tag).toSorted(), tags.toSorted())
        const newest = newestAllowedTag(policy(text), tags, (tag) => created[tag])
        const winners = ranked.filter(({ standing }) => standing.kind === 'newest').map(({ tag }) => tag)
        assert.deepEqual(winners, newest.kind === 'newest' ? [newest.tag] : [])
        if (newest.kind === 'newest') assert.equal(ranked[0]?.tag, newest.tag)
      },
    ),
  )
})
