import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type ClusterFacts, type PullFacts, decideDiff, outcomeOf } from '../../../src/core/diff/decide.ts'
import { parseClusterName } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { commit } from '../../support/facts.ts'
import { liveDiff } from './diffs.ts'

const production = guaranteed(parseClusterName('production'))
const since = '2026-11-22T12:00:00Z'
const base = commit('b')
const head = commit('a')
const diff = liveDiff()
const told = { base, head, result: { kind: 'diff', diff } } as const

type Row = readonly [
  name: string,
  facts: { readonly pull?: Partial<PullFacts>; readonly cluster?: Partial<ClusterFacts> },
  expected: object,
]

const rows: readonly Row[] = [
  ['asks the agent of a touched cluster', {}, { do: 'ask', base, head }],
  ['tells what is known of this head', { cluster: { known: told } }, { do: 'tell', outcome: { kind: 'told', diff } }],
  [
    'tells what is known, whatever became of the agent',
    { cluster: { known: told, agent: { kind: 'offline', since } } },
    { do: 'tell', outcome: { kind: 'told', diff } },
  ],
  [
    'tells why nothing could be told',
    { cluster: { known: { base, head, result: { kind: 'failed', because: 'no git' } } } },
    { do: 'tell', outcome: { kind: 'failed', because: 'no git' } },
  ],
  [
    'asks again when the answer is about another head',
    { cluster: { known: { ...told, head: commit('c') } } },
    { do: 'ask', base, head },
  ],
  [
    'asks again when the answer is about another base',
    { cluster: { known: { ...told, base: commit('c') } } },
    { do: 'ask', base, head },
  ],
  ['waits for an agent that is offline', { cluster: { agent: { kind: 'offline', since } } }, { do: 'wait', since }],
  ['waits for an agent that was never seen', { cluster: { agent: { kind: 'offline' } } }, { do: 'wait' }],
  [
    'does not wait where an answer about an older head is all there is',
    { cluster: { known: { ...told, head: commit('c') }, agent: { kind: 'offline', since } } },
    { do: 'wait', since },
  ],
  ['leaves a cluster without agents', { cluster: { agent: { kind: 'none' }, checkExpected: true } }, { do: 'leave' }],
  ['leaves a cluster that is not touched', { cluster: { touched: false } }, { do: 'leave' }],
  [
    'ends the check of a cluster that is not touched any more',
    { cluster: { touched: false, checkExpected: true } },
    { do: 'neutral', because: 'untouched' },
  ],
  ['leaves what is closed', { pull: { state: 'closed' }, cluster: { known: told } }, { do: 'leave' }],
  ['shows a fork nothing', { pull: { fromFork: true } }, { do: 'neutral', because: 'fork' }],
  [
    'shows a fork nothing, also of what is known',
    { pull: { fromFork: true }, cluster: { known: told } },
    { do: 'neutral', because: 'fork' },
  ],
  [
    'shows nothing to an author who may not write',
    { pull: { authorMayWrite: false } },
    { do: 'neutral', because: 'author-cannot-write' },
  ],
  [
    'shows nothing to an author of whom it is not known',
    { pull: { authorMayWrite: 'unknown' }, cluster: { known: told } },
    { do: 'neutral', because: 'author-unknown' },
  ],
]

suite('decideDiff', () => {
  for (const [name, facts, expected] of rows) {
    test(name, () => {
      const pull: PullFacts = { state: 'open', fromFork: false, authorMayWrite: true, base, head, ...facts.pull }
      const cluster: ClusterFacts = {
        cluster: production,
        touched: true,
        agent: { kind: 'connected' },
        checkExpected: false,
        ...facts.cluster,
      }
      assert.deepEqual(decideDiff({ pull, clusters: [cluster] }), [{ cluster: production, ...expected }])
    })
  }
})

suite('outcomeOf', () => {
  test('is pending while the agent is asked', () => {
    assert.deepEqual(outcomeOf({ cluster: production, do: 'ask', base, head }), { kind: 'pending' })
  })
  test('is offline while the agent is awaited', () => {
    assert.deepEqual(outcomeOf({ cluster: production, do: 'wait', since }), { kind: 'offline', since })
  })
  test('is nothing for what is left', () => {
    assert.equal(outcomeOf({ cluster: production, do: 'leave' }), undefined)
  })
})
