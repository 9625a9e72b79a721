import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Candidate, type MaxOpenFacts, admit, heldBecause } from '../../../src/core/release/max-open.ts'
import { branch, cluster } from '../../support/facts.ts'

const unknown = (name: string): Candidate => ({ branch: branch(name), begun: false, heldSinceMs: undefined })
const held = (name: string, heldSinceMs: number): Candidate => ({ branch: branch(name), begun: false, heldSinceMs })
const begun = (name: string): Candidate => ({ branch: branch(name), begun: true, heldSinceMs: undefined })

const table: readonly (readonly [string, MaxOpenFacts, Readonly<Record<string, string>>])[] = [
  [
    'opens all while there is room',
    { maxOpen: 3, open: 1, candidates: [unknown('a'), unknown('b')] },
    { a: 'open', b: 'open' },
  ],
  [
    'looks at the unknown first where there is no room for all',
    { maxOpen: 3, open: 2, candidates: [unknown('a'), held('b', 1), unknown('c')] },
    { a: 'look', c: 'look' },
  ],
  [
    'admits who waits longest',
    { maxOpen: 3, open: 1, candidates: [held('a', 3), held('b', 1), held('c', 2)] },
    { a: 'hold', b: 'open', c: 'open' },
  ],
  [
    'admits by name among those who wait equally long',
    { maxOpen: 1, open: 0, candidates: [held('b', 1), held('a', 1)] },
    { a: 'open', b: 'hold' },
  ],
  [
    'admits who has begun before all others',
    { maxOpen: 1, open: 0, candidates: [held('a', 1), begun('b')] },
    { a: 'hold', b: 'open' },
  ],
  [
    'holds all when it is full',
    { maxOpen: 1, open: 1, candidates: [held('a', 1), begun('b')] },
    { a: 'hold', b: 'hold' },
  ],
  ['holds all when the limit was lowered', { maxOpen: 1, open: 5, candidates: [held('a', 1)] }, { a: 'hold' }],
  ['opens nothing where nothing may be open', { maxOpen: 0, open: 0, candidates: [held('a', 1)] }, { a: 'hold' }],
  ['says nothing of nobody', { maxOpen: 1, open: 0, candidates: [] }, {}],
]

for (const [name, facts, expected] of table) {
  test(`admit ${name}`, () => {
    assert.deepEqual(Object.fromEntries([...admit(facts)].map(([of, admission]) => [of, admission.do])), expected)
  })
}

test('admit never opens more than there is room for, whatever the order of the candidates', () => {
  const names = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { maxLength: 12 })
  const facts = fc.record({ maxOpen: fc.nat(6), open: fc.nat(6), names, seed: fc.nat(5) })
  fc.assert(
    fc.property(facts, ({ maxOpen, open, names: ids, seed }) => {
      const candidates = ids.map((id) =>
        [unknown, begun, (name: string) => held(name, id % 4)][(id + seed) % 3]?.(`b${id}`),
      )
      const known = candidates.filter((candidate) => candidate !== undefined)
      const admitted = admit({ maxOpen, open, candidates: known })
      const opened = [...admitted.values()].filter((admission) => admission.do === 'open')
      assert.ok(opened.length <= Math.max(0, maxOpen - open))
      const backwards = admit({ maxOpen, open, candidates: known.toReversed() })
      assert.deepEqual(Object.fromEntries(backwards), Object.fromEntries(admitted))
    }),
  )
})

test('heldBecause says the limit and what to do', () => {
  assert.equal(
    heldBecause(cluster, 10),
    '10 release pull requests are open in production, as many as “release.max-open” allows: merge or close one',
  )
  assert.match(heldBecause(cluster, 1), /^a release pull request is open in production/)
})
