import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { diffFactsOf } from '../../../src/core/automerge/diffs.ts'
import type { DiffFact } from '../../../src/core/automerge/facts.ts'
import type { DiffDecision } from '../../../src/core/diff/decide.ts'
import type { DiffProblem } from '../../../src/core/diff/live-diff.ts'
import { cluster, commit } from '../../support/facts.ts'
import { liveDiff } from '../diff/diffs.ts'

const told = (...problems: readonly DiffProblem[]): DiffDecision => ({
  cluster,
  do: 'tell',
  outcome: { kind: 'told', diff: liveDiff({ problems }) },
})
const author: DiffProblem = { message: 'bad spec', turn: 'author' }
const time: DiffProblem = { message: 'no webhook', turn: 'time' }

const rows: readonly (readonly [name: string, DiffDecision, Omit<DiffFact, 'cluster'> | undefined])[] = [
  ['knows what is told', told(), { state: 'told' }],
  ['takes what is the turn of the author for a refusal', told(time, author), { state: 'refused', because: 'bad spec' }],
  ['waits for what is not', told(time), { state: 'failed', because: 'no webhook' }],
  ['waits for the answer', { cluster, do: 'ask', base: commit('b'), head: commit('a') }, { state: 'pending' }],
  [
    'waits for the agent',
    { cluster, do: 'wait', since: '2026-11-22T12:00:00Z' },
    { state: 'offline', because: 'its agent is offline since 2026-11-22 12:00 UTC' },
  ],
  [
    'waits where nothing could be told',
    { cluster, do: 'tell', outcome: { kind: 'failed', because: 'no git' } },
    { state: 'failed', because: 'no git' },
  ],
  [
    'waits where nothing may be told',
    { cluster, do: 'neutral', because: 'fork' },
    { state: 'failed', because: 'not told to forks' },
  ],
  ['does not wait for a cluster that is not touched', { cluster, do: 'neutral', because: 'untouched' }, undefined],
  ['does not wait for what cannot come', { cluster, do: 'leave' }, undefined],
]

suite('diffFactsOf', () => {
  for (const [name, decision, expected] of rows) {
    test(name, () => {
      assert.deepEqual(diffFactsOf([decision]), expected === undefined ? [] : [{ cluster, ...expected }])
    })
  }
})
