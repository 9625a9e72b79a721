import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parsePullNumber } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import type { PullFacts } from '../../../src/core/release/decide.ts'
import { type Refusal, groupChanges } from '../../../src/core/release/group.ts'
import { markerOf, moveOf, spotOf } from '../../../src/core/release/marker.ts'
import type { Change } from '../../../src/core/release/plan.ts'
import { withoutRefused } from '../../../src/core/release/refusal.ts'
import { rememberRefusals, wordsOf } from '../../../src/core/release/words.ts'
import { bot, branch, commit, person } from '../../support/facts.ts'
import { change } from '../../support/releases.ts'

type Moves = Readonly<Record<string, string>>
type Past = Pick<PullFacts, 'state' | 'closedBy' | 'closedMs'> & {
  readonly moves: Moves
  readonly author?: PullFacts['author']
}

const closed = { state: 'closed', closedBy: person, closedMs: 5000 } as const
const merged = { state: 'merged', closedBy: person, closedMs: 6000 } as const
const open = { state: 'open', closedBy: undefined, closedMs: undefined } as const

/** Workload → new tag. */
function group(moves: Moves) {
  const changes = Object.entries(moves).map(([name, to]): Change => change({ workload: `demo:deployment/${name}`, to }))
  const [first] = groupChanges(changes, () => 'all')
  assert.ok(first !== undefined)
  return first
}

/** The oldest is number 1. */
function pulls(past: readonly Past[]): readonly PullFacts[] {
  return past.map(({ moves, author = bot, ...state }, index) => {
    const number = guaranteed(parsePullNumber(past.length - index))
    return {
      number,
      base: branch('main'),
      head: commit('a'),
      body: '',
      author,
      marker: markerOf(group(moves)),
      ...state,
    }
  })
}

const all = { a: '1', b: '1', c: '1' }
const refusedAll = { ...closed, moves: all }

/** Newest pull request first; then what is left of the wanted, and what is not, with the pull request that says so. */
const table: readonly (readonly [string, readonly Past[], Moves, Moves, Moves])[] = [
  ['everything where there was nothing before', [], all, all, {}],
  ['nothing of what a person has closed', [refusedAll], all, {}, { a: 'closed 1', b: 'closed 1', c: 'closed 1' }],
  [
    'nothing of what another app has closed',
    [{ ...refusedAll, closedBy: undefined }],
    { a: '1' },
    {},
    { a: 'closed 1' },
  ],
  ['what it has closed itself', [{ ...refusedAll, closedBy: bot }], all, all, {}],
  ['what was in the pull request of a person', [{ ...refusedAll, author: person }], all, all, {}],
  ['a later tag', [refusedAll], { a: '2' }, { a: '2' }, {}],
  [
    'of three only the one that got a newer tag',
    [refusedAll],
    { ...all, c: '2' },
    { c: '2' },
    { a: 'closed 1', b: 'closed 1' },
  ],
  [
    'of three only that one, while it is open',
    [{ ...open, moves: { c: '2' } }, refusedAll],
    { ...all, c: '2' },
    { c: '2' },
    { a: 'closed 1', b: 'closed 1' },
  ],
  [
    'nothing of the other two after that one was merged',
    [{ ...merged, moves: { c: '2' } }, refusedAll],
    { a: '1', b: '1' },
    {},
    { a: 'closed 1', b: 'closed 1' },
  ],
  [
    'nothing of either when both were closed, one after the other',
    [
      { ...closed, moves: { a: '2' } },
      { ...closed, moves: { a: '1' } },
    ],
    { a: '1' },
    {},
    { a: 'closed 1' },
  ],
  [
    'what was refused before another tag was merged',
    [{ ...merged, moves: { a: '2' } }, refusedAll],
    { a: '1' },
    { a: '1' },
    {},
  ],
  ['nothing of what was merged and is wanted again', [{ ...merged, moves: all }], { a: '1' }, {}, { a: 'reverted 1' }],
  [
    'nothing of what was merged before another workload was',
    [
      { ...merged, moves: { b: '2' } },
      { ...merged, moves: { a: '1' } },
    ],
    { a: '1' },
    {},
    { a: 'reverted 1' },
  ],
  [
    'a tag that comes back after another was merged',
    [
      { ...merged, moves: { a: 'blue' } },
      { ...merged, moves: { a: 'green' } },
    ],
    { a: 'green' },
    { a: 'green' },
    {},
  ],
  ['what was opened again', [{ ...open, moves: all }], all, all, {}],
  [
    'what was closed, when an older pull request was opened again since',
    [
      { ...closed, moves: { a: '2' } },
      { ...open, moves: { a: '1' } },
    ],
    { a: '2' },
    { a: '2' },
    {},
  ],
]

function said(refusal: Refusal): string {
  return `${refusal.because} ${refusal.because === 'taken-back' ? refusal.commit : refusal.pull}`
}

/** As the store gives it back. */
function remembered(past: readonly PullFacts[]): Parameters<typeof rememberRefusals>[1] {
  const { cluster } = group({ a: '1' })
  return wordsOf(past, bot).said.map(({ use, refusal }) => ({
    cluster,
    move: moveOf(use),
    spot: spotOf(use),
    refusal,
  }))
}

describe('withoutRefused leaves', () => {
  for (const [name, past, wanted, left, refused] of table) {
    test(name, () => {
      const found = withoutRefused(group(wanted), { pulls: pulls(past), bot })
      const nameOf = ({ use }: Change): string => use.workload.replace('demo:deployment/', '')
      assert.deepEqual(Object.fromEntries(found.changes.map((one) => [nameOf(one), one.to])), left)
      const no = (found.refused ?? []).map(({ change: one, refusal }) => [nameOf(one), said(refusal)])
      assert.deepEqual(Object.fromEntries(no), refused)
      // What is remembered of them is the same, on whatever branch it is asked.
      const [elsewhere] = rememberRefusals([group(wanted)], remembered(pulls(past)))
      assert.deepEqual(elsewhere, found)
    })
  }

  test('nothing of what is remembered as refused, until it is asked for with another tag', () => {
    const words = remembered(pulls([{ ...closed, moves: { a: '1' } }]))
    const [planned] = rememberRefusals([group({ a: '1', b: '2' })], words)
    assert.ok(planned !== undefined)
    assert.deepEqual(planned.changes, group({ b: '2' }).changes)
    // On the branch of another group there is no such pull request.
    assert.deepEqual(withoutRefused(planned, { pulls: [], bot }), planned)
    assert.deepEqual(rememberRefusals([group({ a: '2' })], words), [group({ a: '2' })])
  })

  test('what was refused on its own branch, and has been opened again', () => {
    const planned = withoutRefused(group({ a: '1' }), { pulls: pulls([{ ...closed, moves: { a: '1' } }]), bot })
    assert.equal(planned.changes.length, 0)
    assert.deepEqual(
      withoutRefused(planned, { pulls: pulls([{ ...open, moves: { a: '1' } }]), bot }),
      group({ a: '1' }),
    )
  })

  test('nothing to be remembered of uses that somebody has written into the marker', () => {
    const [pull] = pulls([{ ...closed, moves: { a: '1' } }])
    assert.ok(pull?.marker !== undefined)
    const said = wordsOf([pull], bot)
    const uses = ['\0', 'a1b2c3d4.\0', ...pull.marker.uses, ...pull.marker.uses, "'; drop table release"]
    assert.deepEqual(wordsOf([{ ...pull, marker: { ...pull.marker, uses } }], bot), said)
  })

  test('all, by a marker of the past that does not say which container it is about', () => {
    const [pull] = pulls([{ ...merged, moves: { b: '2' } }])
    assert.ok(pull?.marker !== undefined)
    const uses = pull.marker.uses.map((use) => use.split('.')[1] ?? '')
    const past = [{ ...pull, marker: { ...pull.marker, uses } }, ...pulls([refusedAll])]
    assert.deepEqual(withoutRefused(group({ a: '1' }), { pulls: past, bot }), group({ a: '1' }))
    assert.equal(withoutRefused(group({ b: '2' }), { pulls: past, bot }).changes.length, 0)
  })
})
