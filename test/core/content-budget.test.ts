import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ContentBudget, type ContentKind, fullContentBudget, spendContent } from '../../src/core/content-budget.ts'

const now = 1_000_000
const minute = 60_000
const perPiece = minute / 7
const left = (pieces: number, override: Partial<ContentBudget> = {}): ContentBudget => ({
  pieces,
  atMs: now,
  promisedMs: 0,
  ...override,
})

/** Whether it is granted, or in how many ms to ask again. */
function answer(budget: ContentBudget, kind: ContentKind, at = now): 'granted' | number {
  const spending = spendContent(budget, kind, at)
  return spending.granted ? 'granted' : spending.untilMs - at
}

const table: readonly (readonly [string, ContentBudget, ContentKind, 'granted' | number])[] = [
  ['grants a release of a full budget', fullContentBudget(now), 'release', 'granted'],
  ['grants the last release above the reserve', left(21), 'release', 'granted'],
  ['lets a release wait for the next piece', left(20.5), 'release', Math.ceil(perPiece / 2)],
  ['keeps the reserve from releases', left(19), 'release', Math.ceil(2 * perPiece)],
  ['gives the reserve to answers', left(19), 'answer', 'granted'],
  ['grants the last piece to an answer', left(1), 'answer', 'granted'],
  ['lets an answer wait when nothing is left', left(0.5), 'answer', Math.ceil(perPiece / 2)],
  ['fills up with time', left(20, { atMs: now - minute }), 'release', 'granted'],
  ['fills nothing when the clock was set back', left(20, { atMs: now + minute }), 'release', Math.ceil(perPiece)],
  [
    'tells each release that waits another moment',
    left(20, { promisedMs: now + minute }),
    'release',
    Math.ceil(minute + perPiece),
  ],
  ['lets no answer queue behind releases', left(0, { promisedMs: now + minute }), 'answer', Math.ceil(perPiece)],
  ['forgets promises of the past', left(20, { promisedMs: now - minute }), 'release', Math.ceil(perPiece)],
]

for (const [name, budget, kind, expected] of table) {
  test(`spendContent ${name}`, () => {
    assert.equal(answer(budget, kind), expected)
  })
}

test('spendContent grants what was promised, when nobody came between', () => {
  const refused = spendContent(left(20), 'release', now)
  assert.ok(!refused.granted)
  assert.equal(answer(refused.budget, 'release', refused.untilMs), 'granted')
})

test('spendContent stays below 80 in any minute and 500 in any hour, however it is asked', () => {
  const asks = fc.array(fc.record({ afterMs: fc.nat(20_000), times: fc.nat(40) }), { maxLength: 300 })
  fc.assert(
    fc.property(asks, fc.constantFrom<ContentKind>('answer', 'release'), (rounds, kind) => {
      let budget = fullContentBudget(0)
      let at = 0
      const granted: number[] = []
      for (const { afterMs, times } of rounds) {
        at += afterMs
        for (let i = 0; i < times; i++) {
          const spending = spendContent(budget, kind, at)
          budget = spending.budget
          if (spending.granted) granted.push(at)
        }
      }
      const within = (ms: number) => granted.map((from) => granted.filter((to) => to >= from && to < from + ms).length)
      assert.ok(Math.max(0, ...within(minute)) < 80)
      assert.ok(Math.max(0, ...within(60 * minute)) < 500)
    }),
    { numRuns: 50 },
  )
})
