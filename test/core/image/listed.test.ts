import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Listed, listedNow, listedSinceMs, stillKnown } from '../../../src/core/image/listed.ts'

const [monday, tuesday, wednesday] = ['2026-11-23', '2026-11-24', '2026-11-25'].map((day) => new Date(`${day}T10:00Z`))

type Row = readonly [
  name: string,
  lists: readonly (readonly string[])[],
  expected: Readonly<Record<string, Date | undefined>>,
]

const rows: readonly Row[] = [
  ['of the first list, all at once', [['a', 'b']], { a: monday, b: monday }],
  ['of what came later, since then', [['a'], ['a', 'b'], ['a', 'b']], { a: monday, b: tuesday }],
  ['of what is gone and back, since it is back', [['a', 'b'], ['a'], ['a', 'b']], { a: monday, b: wednesday }],
  [
    'of a tag with a name that objects have, too',
    [['a'], ['a', '__proto__', 'constructor']],
    { __proto__x: monday, constructor: tuesday },
  ],
]

for (const [name, lists, expected] of rows) {
  test(`the list of a registry is remembered: ${name}`, () => {
    let before: { readonly tags: readonly string[]; readonly listed: Listed } | undefined
    for (const [index, tags] of lists.entries()) {
      const now = [monday, tuesday, wednesday][index] ?? new Date(0)
      before = { tags, listed: listedNow(before, tags, now) }
    }
    const since = listedSinceMs(before?.listed ?? { since: '', later: [] })
    for (const [tag, day] of Object.entries(expected)) assert.equal(since(tag), day?.getTime(), tag)
  })
}

test('what is kept of lists does not grow with tags that are gone', () => {
  const first = { tags: ['a'], listed: listedNow(undefined, ['a'], new Date(0)) }
  const second = { tags: ['a', 'b'], listed: listedNow(first, ['a', 'b'], new Date(1)) }
  assert.deepEqual(listedNow(second, ['a'], new Date(2)).later, [])
})

test('of a tag that was gone and is back since it was seen nothing is known', () => {
  const seen = (at: Date) => ({ digest: 'sha256:0', firstSeenMs: monday?.getTime() ?? 0, lastSeenMs: at.getTime() })
  const listed = {
    since: '2026-11-25T10:00Z',
    later: [
      ['a', '2026-11-24T10:00Z'],
      ['b', '2026-11-24T10:00Z'],
    ],
  } as const
  const known = new Map([
    ['a', seen(monday ?? new Date(0))],
    ['b', seen(tuesday ?? new Date(0))],
    ['c', seen(monday ?? new Date(0))],
  ])
  assert.deepEqual([...stillKnown(listed, known).keys()], ['b', 'c'])
})
