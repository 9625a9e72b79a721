import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parsePullNumber } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import {
  type BranchFacts,
  type PullFacts,
  type ReleaseDecision,
  type ReleaseFacts,
  type Wanted,
  decideRelease,
} from '../../../src/core/release/decide.ts'
import type { ReleaseMarker } from '../../../src/core/release/marker.ts'
import { type Withdrawal, decideWithdrawal } from '../../../src/core/release/withdraw.ts'
import { bot, branch as branchName, cluster, commit, image, person, tree } from '../../support/facts.ts'

const main = branchName('main')
const number = guaranteed(parsePullNumber(12))
const marker: ReleaseMarker = { cluster, of: { kind: 'image', image }, uses: ['web.1.2.1'] }
const text = { title: 'Auto-release', body: 'body' }
const wanted: Wanted = { marker, refused: undefined, text, written: commit('a'), lastText: text }
const branch: BranchFacts = { head: commit('a'), tree: tree('b'), parents: [commit('c')], author: bot, committer: bot }
const open: PullFacts = {
  number,
  state: 'open',
  base: main,
  head: commit('a'),
  body: 'body',
  author: bot,
  marker,
  closedBy: undefined,
  closedMs: undefined,
}
const merged: PullFacts = { ...open, state: 'merged' }
const refused: PullFacts = { ...open, state: 'closed', closedBy: person }

const facts = (override: Partial<ReleaseFacts>): ReleaseFacts => ({
  bot,
  base: { branch: main, head: commit('c'), tree: tree('d') },
  stacked: false,
  branch,
  pulls: [open],
  ...override,
})

const keep = { do: 'keep' } as const
const write = { do: 'write', expect: commit('a') } as const
const create = { do: 'write', expect: undefined } as const

const table: readonly (readonly [string, Partial<ReleaseFacts>, Partial<Wanted>, ReleaseDecision])[] = [
  ['keeps what is in order', {}, {}, { do: 'publish', branch: keep, pull: keep }],
  [
    'makes branch and pull request',
    { branch: undefined, pulls: [] },
    { written: undefined },
    { do: 'publish', branch: create, pull: { do: 'open' } },
  ],
  [
    'opens the pull request that a run before had no time for',
    { pulls: [] },
    {},
    { do: 'publish', branch: keep, pull: { do: 'open' } },
  ],
  [
    'writes the branch anew for other changes',
    {},
    { written: undefined },
    { do: 'publish', branch: write, pull: keep },
  ],
  ['makes a branch that somebody deleted', { branch: undefined }, {}, { do: 'publish', branch: create, pull: keep }],
  [
    'edits title and body in place',
    {},
    { text: { title: 'newer', body: 'body' } },
    { do: 'publish', branch: keep, pull: { do: 'edit', pull: open } },
  ],
  [
    'brings it back to the default branch, on top of that',
    { pulls: [{ ...open, base: branchName('old') }] },
    {},
    { do: 'publish', branch: write, pull: { do: 'edit', pull: { ...open, base: branchName('old') } } },
  ],
  [
    'leaves title and body to people as long as ours are the same',
    { pulls: [{ ...open, body: 'with a note' }] },
    {},
    { do: 'publish', branch: keep, pull: keep },
  ],
  [
    'goes by the marker when it does not remember what it wrote',
    {},
    { lastText: undefined },
    { do: 'publish', branch: keep, pull: keep },
  ],
  [
    'writes title and body when neither memory nor marker fits',
    {},
    { lastText: undefined, marker: { ...marker, uses: ['web.1.2.2'] } },
    { do: 'publish', branch: keep, pull: { do: 'edit', pull: open } },
  ],
  [
    'keeps its hands off its own commit that a person has amended',
    { branch: { ...branch, head: commit('e'), committer: person } },
    {},
    { do: 'leave', because: 'changed-by-person' },
  ],
  [
    'knows its own commit that GitHub has signed',
    { branch: { ...branch, committer: 'github' } },
    {},
    { do: 'publish', branch: keep, pull: keep },
  ],
  [
    'opens another one after the last was merged',
    { pulls: [merged] },
    { written: undefined },
    { do: 'publish', branch: write, pull: { do: 'open' } },
  ],
  [
    'leaves alone what was refused as a whole',
    { pulls: [refused] },
    { refused: { because: 'closed', pull: number } },
    { do: 'leave', because: 'closed' },
  ],
  [
    'leaves alone what was taken back as a whole',
    { pulls: [merged], branch: undefined },
    { refused: { because: 'reverted', pull: number } },
    { do: 'leave', because: 'reverted' },
  ],
  [
    'withdraws what is open when all that is left of it was refused before',
    { pulls: [open, refused] },
    { refused: { because: 'closed', pull: number } },
    { do: 'withdraw' },
  ],
  ['goes on when it was reopened', { pulls: [open, refused] }, {}, { do: 'publish', branch: keep, pull: keep }],
  [
    'keeps its hands off a commit of a person',
    { branch: { ...branch, head: commit('e'), author: person } },
    {},
    { do: 'leave', because: 'changed-by-person' },
  ],
  [
    'keeps its hands off a commit of nobody known',
    { branch: { ...branch, author: undefined } },
    {},
    { do: 'leave', because: 'changed-by-person' },
  ],
  [
    'keeps its hands off a pull request of a person',
    { pulls: [{ ...open, author: person }] },
    {},
    { do: 'leave', because: 'changed-by-person' },
  ],
]

describe('decideRelease', () => {
  for (const [name, override, want, expected] of table) {
    test(name, () => assert.deepEqual(decideRelease(facts(override), { ...wanted, ...want }), expected))
  }
})

describe('decideWithdrawal', () => {
  const nothing: Withdrawal = { closePull: undefined, deleteBranch: undefined, left: undefined }
  const rows: readonly (readonly [string, Partial<ReleaseFacts>, Partial<Withdrawal>])[] = [
    ['closes the pull request and deletes the branch', {}, { closePull: number, deleteBranch: commit('a') }],
    ['deletes the branch after a merge', { pulls: [merged] }, { deleteBranch: commit('a') }],
    [
      'deletes the branch with the work of a person when that was merged',
      { branch: { ...branch, author: person }, pulls: [merged] },
      { deleteBranch: commit('a') },
    ],
    [
      'leaves the branch with what a person has added since the merge',
      { branch: { ...branch, author: person }, pulls: [{ ...merged, head: commit('b') }] },
      {},
    ],
    [
      'leaves the branch with the work of a person that was merged elsewhere',
      { branch: { ...branch, author: person }, pulls: [{ ...merged, base: branchName('next') }] },
      {},
    ],
    ['has nothing to do when all is gone', { branch: undefined, pulls: [merged] }, {}],
    ['leaves the branch with the work of a person', { branch: { ...branch, author: person } }, { left: open }],
    ['leaves a branch that somebody builds upon', { stacked: true }, { closePull: number }],
    ['leaves its own commit that a person has amended', { branch: { ...branch, committer: person } }, { left: open }],
    ['leaves the pull request of a person', { pulls: [{ ...open, author: person }] }, {}],
  ]
  for (const [name, override, expected] of rows) {
    test(name, () => assert.deepEqual(decideWithdrawal(facts(override)), { ...nothing, ...expected }))
  }
})
