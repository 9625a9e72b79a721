import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decideMerge } from '../../../src/core/automerge/decide.ts'
import { type Remedy, remedyFor } from '../../../src/core/automerge/remedy.ts'
import { type FactsOverride, commit, mergeFacts, person, releaseRules } from '../../support/facts.ts'

const manual: FactsOverride = { settings: { kind: 'release', release: { ...releaseRules, merge: 'manual' } } }
const freeze = [{ from: '2026-11-23', to: '2026-11-23' }]
const frozen: FactsOverride = { settings: { kind: 'release', release: { ...releaseRules, freeze } } }

const rows: readonly (readonly [name: string, FactsOverride, Remedy | undefined])[] = [
  ['nothing for what merges', {}, undefined],
  ['write anew what conflicts', { pull: { mergeable: 'conflict' } }, 'write-anew'],
  [
    'write anew what conflicts, also where a person merges',
    { ...manual, pull: { mergeable: 'conflict' } },
    'write-anew',
  ],
  ['write anew what conflicts, also in a freeze', { ...frozen, pull: { mergeable: 'conflict' } }, 'write-anew'],
  ['write anew what is behind, also in a freeze', { ...frozen, pull: { mergeState: 'behind' } }, 'write-anew'],
  ['nothing but wait for the end of a freeze', frozen, undefined],
  [
    'write anew what conflicts, also while it is a draft',
    { pull: { draft: true, mergeable: 'conflict' } },
    'write-anew',
  ],
  ['write anew what is behind, also while a check runs', { checks: [], pull: { mergeState: 'behind' } }, 'write-anew'],
  ['write anew what brings more than its commit', { pull: { commits: 2 } }, 'write-anew'],
  ['nothing where a person has taken over', { pull: { mergeable: 'conflict', head: commit('e') } }, undefined],
  ['nothing for the pull request of a person', { pull: { author: person, mergeable: 'conflict' } }, undefined],
  ['look again soon for unknown mergeability', { pull: { mergeable: 'unknown' } }, 'look-again-soon'],
  ['plan again without a plan', { plan: { kind: 'unknown' } }, 'plan-again'],
  ['plan again for what the plan does not know', { plan: { kind: 'nothing' } }, 'plan-again'],
  [
    'plan again for what waits to be edited, should the wait be forgotten',
    { plan: { kind: 'outdated' } },
    'plan-again',
  ],
  ['nothing while CI runs', { checks: [] }, undefined],
]

describe('remedyFor', () => {
  for (const [name, override, expected] of rows) {
    test(name, () => {
      const facts = mergeFacts(override)
      assert.equal(remedyFor(facts, decideMerge(facts)), expected)
    })
  }
})
