import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseTagPolicy } from '../../../src/core/image/tag-policy.ts'
import type { KnownTag } from '../../../src/core/image/wanted-metadata.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { type Choice, type ChoiceFacts, type WantedLookup, chooseTag } from '../../../src/core/release/choose.ts'

const hourMs = 3_600_000
const nowMs = Date.parse('2026-11-22T10:00:00Z')
const [amd, arm] = ['linux/amd64', 'linux/arm64'] as const

const looked = (own: Partial<KnownTag> = {}): KnownTag => ({
  digest: 'sha256:0',
  firstSeenMs: 0,
  lastSeenMs: nowMs,
  ...own,
})
const read = (platforms: readonly string[] = [amd], created?: string): KnownTag =>
  looked({ image: { platforms, ...(created === undefined ? {} : { created }) } })

type Given = {
  readonly policy?: string
  readonly current?: string
  readonly minimumAgeMs?: number
  readonly tags: readonly string[]
  readonly known?: Readonly<Record<string, KnownTag>>
  /** Hours ago that the list first had a tag; a day where nothing is said. */
  readonly listed?: Readonly<Record<string, number>>
}
type Expected = Partial<Choice>

function choose({ policy = 'semver:*', current, minimumAgeMs = 0, tags, known = {}, listed = {} }: Given): Choice {
  const facts: ChoiceFacts = {
    tags,
    known: (tag) => known[tag],
    listedSinceMs: (tag) => nowMs - (listed[tag] ?? 24) * hourMs,
    nowMs,
  }
  return chooseTag(facts, { policy: guaranteed(parseTagPolicy(policy)), current, minimumAgeMs })
}

const newer = { kind: 'newer' } as const
const digestOf = (...tags: readonly string[]): readonly WantedLookup[] => tags.map((tag) => ({ what: 'digest', tag }))
const contentOf = (...tags: readonly string[]): readonly WantedLookup[] =>
  tags.map((tag) => ({ what: 'content', tag, digest: 'sha256:0' }))
const tooYoung = (tag: string, hours: number) =>
  ({ tag, because: { kind: 'too-young', until: new Date(nowMs + hours * hourMs).toISOString() } }) as const

const rows: readonly (readonly [name: string, given: Given, expected: Expected])[] = [
  [
    'nothing to look up for what is up to date',
    { current: '1.1.0', tags: ['1.0.0', '1.1.0'] },
    { kind: 'none', because: { kind: 'up-to-date' }, lookups: [] },
  ],
  [
    'what the winner and the current tag point to, first',
    { current: '1.0.0', tags: ['1.0.0', '1.1.0', '1.0.5'] },
    { kind: 'tag', tag: '1.1.0', because: newer, lookups: digestOf('1.1.0', '1.0.0') },
  ],
  [
    'then what those are',
    { current: '1.0.0', tags: ['1.0.0', '1.1.0'], known: { '1.0.0': looked(), '1.1.0': looked() } },
    { kind: 'tag', tag: '1.1.0', lookups: contentOf('1.1.0', '1.0.0') },
  ],
  [
    'the newest version once all is known',
    { current: '1.0.0', tags: ['1.0.0', '1.1.0'], known: { '1.0.0': read(), '1.1.0': read() } },
    { kind: 'tag', tag: '1.1.0', because: newer, heldBack: [], lookups: [] },
  ],
  [
    'a version that runs where the current one runs, and what is held back',
    {
      current: '1.0.0',
      tags: ['1.0.0', '1.1.0', '1.2.0'],
      known: { '1.0.0': read([amd, arm]), '1.1.0': read([amd, arm]), '1.2.0': read([amd]) },
    },
    {
      kind: 'tag',
      tag: '1.1.0',
      heldBack: [{ tag: '1.2.0', because: { kind: 'platforms-missing', platforms: [arm] } }],
      lookups: [],
    },
  ],
  [
    'nothing but the reason where the only newer one is held back',
    {
      current: '1.0.0',
      tags: ['1.0.0', '1.2.0'],
      known: { '1.0.0': read([amd, arm]), '1.2.0': read([amd]) },
    },
    {
      kind: 'none',
      because: { kind: 'held-back', tag: '1.2.0', because: { kind: 'platforms-missing', platforms: [arm] } },
      lookups: [],
    },
  ],
  [
    'the next candidate only once the newest is known to lack a platform',
    {
      current: '1.0.0',
      tags: ['1.0.0', '1.1.0', '1.2.0'],
      known: { '1.0.0': read([amd, arm]), '1.2.0': read([amd]) },
    },
    { kind: 'none', because: { kind: 'platforms-unknown', tag: '1.1.0' }, lookups: digestOf('1.1.0') },
  ],
  [
    'nothing of which cannot be read whether it runs where the current one runs',
    { current: '1.0.0', tags: ['1.0.0', '1.1.0'], known: { '1.0.0': read(), '1.1.0': looked({ unread: true }) } },
    { kind: 'none', because: { kind: 'platforms-unknown', tag: '1.1.0' }, lookups: [] },
  ],
  [
    'what is newer where the current one cannot be read',
    { current: '1.0.0', tags: ['1.0.0', '1.1.0'], known: { '1.0.0': looked({ unread: true }), '1.1.0': read() } },
    { kind: 'tag', tag: '1.1.0', lookups: [] },
  ],
  [
    'whatever the policy allows where the current tag is gone',
    { current: 'gone', tags: ['1.0.0'], known: { '1.0.0': read() } },
    { kind: 'tag', tag: '1.0.0', because: { kind: 'current-absent' }, lookups: [] },
  ],
  [
    'what the policy allows where it does not allow the current tag',
    { current: 'main', tags: ['1.0.0', 'main'], known: { '1.0.0': read(), main: read() } },
    { kind: 'tag', tag: '1.0.0', because: { kind: 'current-not-allowed' }, lookups: [] },
  ],
  [
    'nothing that would go back',
    { policy: 'semver:<2', current: '2.0.0', tags: ['1.0.0', '2.0.0'] },
    { kind: 'none', because: { kind: 'older-than-current', newest: '1.0.0' }, lookups: [] },
  ],
  [
    'by created time: first what all candidates are',
    { policy: 'glob:main-*', current: 'main-1', tags: ['main-1', 'main-2', 'dev-1'], known: { 'main-1': looked() } },
    {
      kind: 'none',
      because: { kind: 'order-by-created' },
      lookups: [...contentOf('main-1'), ...digestOf('main-2')],
    },
  ],
  [
    'by created time: the last created',
    {
      policy: 'glob:main-*',
      current: 'main-2',
      tags: ['main-1', 'main-2'],
      known: { 'main-1': read([amd], '2026-11-21T10:00:00Z'), 'main-2': read([amd], '2026-11-20T10:00:00Z') },
    },
    { kind: 'tag', tag: 'main-1', because: newer, lookups: [] },
  ],
  [
    'nothing that is too young, but looks at once at what it points to',
    { minimumAgeMs: 2 * hourMs, current: '1.0.0', tags: ['1.0.0', '1.1.0'], listed: { '1.1.0': 0.5 } },
    {
      kind: 'none',
      because: { kind: 'held-back', ...tooYoung('1.1.0', 1.5) },
      heldBack: [tooYoung('1.1.0', 1.5)],
      lookups: digestOf('1.1.0'),
    },
  ],
  [
    'an older one that is old enough meanwhile',
    {
      minimumAgeMs: 2 * hourMs,
      current: '1.0.0',
      tags: ['1.0.0', '1.1.0', '1.2.0'],
      listed: { '1.2.0': 1, '1.1.0': 3 },
      known: {
        '1.0.0': read(),
        '1.1.0': { ...read(), lastSeenMs: nowMs },
        '1.2.0': looked({ lastSeenMs: nowMs }),
      },
    },
    { kind: 'tag', tag: '1.1.0', heldBack: [tooYoung('1.2.0', 1)], lookups: [] },
  ],
  [
    'nothing whose digest was replaced since: it counts from then on',
    {
      minimumAgeMs: 2 * hourMs,
      current: '1.0.0',
      tags: ['1.0.0', '1.1.0'],
      known: { '1.0.0': read(), '1.1.0': looked({ firstSeenMs: nowMs - hourMs, lastSeenMs: nowMs, moved: true }) },
    },
    { kind: 'none', because: { kind: 'held-back', ...tooYoung('1.1.0', 1) }, lookups: [] },
  ],
  [
    'again what it points to before it is released at last',
    {
      minimumAgeMs: 2 * hourMs,
      current: '1.0.0',
      tags: ['1.0.0', '1.1.0'],
      known: { '1.0.0': read(), '1.1.0': { ...read(), lastSeenMs: nowMs - hourMs } },
    },
    { kind: 'tag', tag: '1.1.0', lookups: digestOf('1.1.0') },
  ],
  [
    'again what it and the current one point to where nobody has looked for long: both may have moved',
    {
      current: '1.0.0',
      tags: ['1.0.0', '1.1.0'],
      known: {
        '1.0.0': { ...read(), lastSeenMs: nowMs - 2 * hourMs },
        '1.1.0': { ...read(), lastSeenMs: nowMs - 2 * hourMs },
      },
    },
    { kind: 'tag', tag: '1.1.0', lookups: digestOf('1.1.0', '1.0.0') },
  ],
  [
    'not again what they point to within an hour',
    {
      current: '1.0.0',
      tags: ['1.0.0', '1.1.0'],
      known: { '1.0.0': read(), '1.1.0': { ...read(), lastSeenMs: nowMs - 0.9 * hourMs } },
    },
    { kind: 'tag', tag: '1.1.0', lookups: [] },
  ],
]

for (const [name, given, expected] of rows) {
  test(`chooseTag wants ${name}`, () => {
    const choice: Choice = choose(given)
    const said = Object.fromEntries(Object.keys(expected).map((key) => [key, choice[key as keyof Choice]]))
    assert.deepEqual(said, expected)
  })
}

const [tagsOf, platformsOf] = [
  fc.uniqueArray(fc.constantFrom<string>('1.0.0', '1.1.0', '1.2.0', '1.3.0-rc.1', 'main', 'latest'), { minLength: 1 }),
  fc.constantFrom([amd], [amd, arm], [arm], []),
] as const

test('whoever looks up what is wanted ends with a choice, asks for nothing twice, and never breaks a platform', () => {
  const cases = fc.record({
    policy: fc.constantFrom('semver:*', 'glob:*', 'regexp:^[1m]'),
    tags: tagsOf,
    current: fc.constantFrom('1.0.0', '1.1.0', 'main', 'gone'),
    contents: fc.dictionary(fc.constantFrom('1.0.0', '1.1.0', '1.2.0', 'main'), platformsOf),
    minimumAgeMs: fc.constantFrom(0, hourMs),
  })
  fc.assert(
    fc.property(cases, ({ policy, tags, current, contents, minimumAgeMs }) => {
      const known: Record<string, KnownTag> = {}
      const asked = new Set<string>()
      for (;;) {
        const choice = choose({ policy, tags, current, known, minimumAgeMs })
        if (choice.lookups.length === 0) {
          const needs = tags.includes(current) ? (known[current]?.image?.platforms ?? []) : []
          if (choice.kind === 'tag') {
            assert.ok(needs.every((platform) => known[choice.tag]?.image?.platforms.includes(platform)))
            assert.ok(tags.includes(choice.tag) && choice.tag !== current)
          }
          return
        }
        for (const lookup of choice.lookups) {
          const key = `${lookup.what} ${lookup.tag}`
          assert.ok(!asked.has(key), key)
          asked.add(key)
          const is = { digest: `sha256:${lookup.tag}`, firstSeenMs: 0, lastSeenMs: nowMs }
          const image = { platforms: contents[lookup.tag] ?? [], created: '2026-11-20T10:00:00Z' }
          known[lookup.tag] = lookup.what === 'digest' ? is : { ...is, image }
        }
      }
    }),
  )
})
