import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parsePullNumber } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import {
  type CommitDecision,
  type CommitFacts,
  type PastCommit,
  decideCommit,
  explainHold,
  withoutNo,
} from '../../../src/core/release/commit-decision.ts'
import type { BranchFacts, PullFacts } from '../../../src/core/release/decide.ts'
import { type ReleaseGroup, groupChanges } from '../../../src/core/release/group.ts'
import { markerOf } from '../../../src/core/release/marker.ts'
import { bot, branch as branchName, commit, person, tree } from '../../support/facts.ts'
import { change } from '../../support/releases.ts'

type Moves = Readonly<Record<string, string>>

/** Workload → new tag. */
function group(moves: Moves, where: Parameters<typeof change>[0] = {}): ReleaseGroup {
  const changes = Object.entries(moves).map(([name, to]) =>
    change({ ...where, workload: `demo:deployment/${name}`, to }),
  )
  const [first] = groupChanges(changes, () => 'all')
  assert.ok(first !== undefined)
  return first
}

const main = branchName('main')
const number = guaranteed(parsePullNumber(12))
const planned = group({ a: '2', b: '2' })
const { file } = change()
const branch: BranchFacts = { head: commit('a'), tree: tree('b'), parents: [commit('c')], author: bot, committer: bot }
const open: PullFacts = {
  number,
  state: 'open',
  base: main,
  head: commit('a'),
  body: '',
  author: bot,
  marker: markerOf(planned),
  closedBy: undefined,
  closedMs: undefined,
}
const closed: PullFacts = { ...open, state: 'closed', closedBy: person }
const freeze = { kind: 'freeze', until: new Date(0), says: 'a freeze: audit' } as const

function facts(override: Partial<CommitFacts> = {}): CommitFacts {
  return {
    bot,
    base: { branch: main, head: commit('c'), tree: tree('d') },
    branch: undefined,
    pulls: [],
    stacked: false,
    protectedBy: [],
    standstill: undefined,
    history: new Map(),
    nowMs: 1_000_000,
    wantedSinceMs: 1_000_000,
    ...override,
  }
}

/** Newest first: what each commit of ours moved. */
function history(...past: readonly (Partial<PastCommit> & { readonly moves: Moves })[]): Partial<CommitFacts> {
  const commits = past.map(({ moves, ...override }): PastCommit => ({
    head: commit('e'),
    committedMs: 0,
    author: bot,
    committer: 'github',
    marker: markerOf(group(moves)),
    ...override,
  }))
  return { history: new Map([[file, commits]]) }
}

function mergedTo(moves: Moves, closedMs: number): PullFacts {
  return { ...open, state: 'merged', marker: markerOf(group(moves)), closedMs }
}

const hold = (because: Extract<CommitDecision, { do: 'hold' }>['because']): string =>
  `hold: ${explainHold(because, 'main')}`
const takenBack = hold({ kind: 'taken-back', commit: commit('e') })
const touched = hold({ kind: 'changed-by-person' })
const wasClosed = hold({ kind: 'refused', refusal: { because: 'closed', pull: number } })

const table: readonly (readonly [string, Partial<CommitFacts>, string])[] = [
  ['commits what nothing speaks against', {}, 'commit a b'],
  ['withdraws the pull request from before', { branch, pulls: [open] }, 'withdraw'],
  [
    'withdraws it first, whatever else',
    { pulls: [open], protectedBy: ['pull request'], standstill: freeze },
    'withdraw',
  ],
  ['withdraws the branch that a closed one left', { branch }, 'withdraw'],
  ['commits beside a branch that somebody builds upon', { branch, stacked: true }, 'commit a b'],
  ['holds while a person has work on the branch', { branch: { ...branch, author: person }, pulls: [open] }, touched],
  [
    'holds while a person has a pull request from the branch',
    { branch, pulls: [{ ...open, author: person }] },
    touched,
  ],
  ['holds on a protected branch', { protectedBy: ['pull request'] }, hold({ kind: 'protected', by: ['pull request'] })],
  ['holds in a freeze', { standstill: freeze }, 'hold: a freeze: audit'],
  ['holds what a person closed', { pulls: [closed] }, wasClosed],
  ['commits what it closed itself', { pulls: [{ ...closed, closedBy: bot }] }, 'commit a b'],
  [
    'holds what was merged and is wanted again',
    { pulls: [{ ...open, state: 'merged' }] },
    'hold: it was taken back after #12',
  ],
  ['holds what it committed and is wanted again', history({ moves: { a: '2', b: '2' } }), takenBack],
  ['commits what of it was not taken back', history({ moves: { a: '2', b: '1' } }), 'commit b, without a of eeee'],
  ['commits a tag after the one that was taken back', history({ moves: { a: '1', b: '1' } }), 'commit a b'],
  [
    'commits a tag again to which it went back by another',
    history({ moves: { a: '3', b: '3' } }, { moves: { a: '2', b: '2' } }),
    'commit a b',
  ],
  [
    'commits a tag again to which it went back by a pull request',
    { ...history({ moves: { a: '2', b: '2' } }), pulls: [mergedTo({ a: '3', b: '3' }, 1000)] },
    'commit a b',
  ],
  [
    'holds what it committed after another tag was merged',
    { ...history({ moves: { a: '2', b: '2' }, committedMs: 2000 }), pulls: [mergedTo({ a: '3', b: '3' }, 1000)] },
    takenBack,
  ],
  [
    'commits what was merged before it went to another tag by a commit',
    { ...history({ moves: { a: '3', b: '3' }, committedMs: 2000 }), pulls: [mergedTo({ a: '2', b: '2' }, 1000)] },
    'commit a b',
  ],
  [
    'commits what a person committed and took back',
    history({ moves: { a: '2', b: '2' }, author: person }),
    'commit a b',
  ],
  ['commits what a person has amended', history({ moves: { a: '2', b: '2' }, committer: person }), 'commit a b'],
  ['waits in a burst of tags', history({ moves: { a: '1', b: '1' }, committedMs: 999_000 }), 'wait 15000 ms'],
  [
    'waits no longer than a minute after its last commit',
    history({ moves: { a: '1' }, committedMs: 941_000 }, { moves: { a: '0', b: '0' } }),
    'wait 1000 ms',
  ],
  [
    'waits for no commit of a person',
    history({ moves: { a: '1' }, committedMs: 999_000, author: person }),
    'commit a b',
  ],
  ['minds no commit without a trailer', history({ moves: { a: '2' }, marker: undefined }), 'commit a b'],
]

describe('withoutNo', () => {
  const past = (moves: Moves) => ({ bot, pulls: [], history: new Map(), ...history({ moves }) })
  const remembered = (commitSha = commit('f')): ReleaseGroup => {
    const [first, ...rest] = planned.changes
    assert.ok(first !== undefined)
    return {
      ...planned,
      changes: rest,
      refused: [{ change: first, refusal: { because: 'taken-back', commit: commitSha } }],
    }
  }

  test('leaves out what was committed and is wanted again', () => {
    const { group: left, takenBack: found } = withoutNo(past({ a: '2', b: '1' }), planned)
    assert.deepEqual(left, remembered(commit('e')))
    assert.deepEqual(
      found.map(({ change: one }) => one),
      planned.changes.slice(0, 1),
    )
  })

  test('leaves out what is remembered, for as long as no commit says more', () => {
    assert.deepEqual(withoutNo({ bot, pulls: [], history: new Map() }, remembered()).group, remembered())
    const { changes, refused } = withoutNo(past({ a: '3' }), remembered()).group
    assert.deepEqual([changes.length, refused], [2, undefined])
  })
})

describe('decideCommit', () => {
  for (const [name, override, expected] of table) {
    test(name, () => assert.equal(told(decideCommit(facts(override), planned)), expected))
  }

  test('minds no commit for another cluster', () => {
    const elsewhere = { ...markerOf(planned), cluster: 'staging' as never }
    assert.equal(told(decideCommit(facts(history({ moves: { a: '2' }, marker: elsewhere })), planned)), 'commit a b')
  })

  test('minds no commit of another file', () => {
    const other = group({ a: '2', b: '2' }, { file: 'clusters/production/other.yaml' })
    assert.equal(told(decideCommit(facts(history({ moves: { a: '2', b: '2' } })), other)), 'commit a b')
  })
})

function told(decision: CommitDecision): string {
  switch (decision.do) {
    case 'withdraw':
      return 'withdraw'
    case 'wait':
      return `wait ${decision.untilMs - 1_000_000} ms`
    case 'hold':
      return hold(decision.because)
    case 'commit': {
      const names = decision.group.changes.map(({ use }) => use.workload.split('/').at(-1)).join(' ')
      const without = decision.takenBack.map(
        (one) => `, without ${one.change.use.workload.split('/').at(-1)} of ${one.commit.slice(0, 4)}`,
      )
      return `commit ${names}${without.join('')}`
    }
  }
}
