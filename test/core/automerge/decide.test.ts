import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type MergeDecision, decideMerge, explainMerge } from '../../../src/core/automerge/decide.ts'
import type { CheckFacts, DiffFact } from '../../../src/core/automerge/facts.ts'
import { policyCheck } from '../../../src/core/automerge/policy-check.ts'
import { rules } from '../../../src/core/automerge/rules.ts'
import {
  type FactsOverride,
  branch,
  cluster,
  commit,
  greenCi,
  mergeFacts,
  person,
  releaseRules,
  tree,
} from '../../support/facts.ts'

const merges: MergeDecision = { do: 'merge', method: 'squash', head: commit('a') }
const required = (context: string, app?: number) => ({ context, app })
const check = (state: CheckFacts['state'], name = 'ci', app: number | undefined = 15368): CheckFacts => ({
  name,
  app,
  ours: false,
  state,
})
const ours = (state: CheckFacts['state']): CheckFacts => ({ name: 'lotse/policy', app: 1, ours: true, state })
const diff = (state: DiffFact['state']): DiffFact => ({ cluster, state, because: 'the reason' })
const settings = (change: Partial<typeof releaseRules>): FactsOverride => ({
  settings: { kind: 'release', release: { ...releaseRules, ...change } },
})

const today = { from: '2026-11-23', to: '2026-11-23', reason: 'audit' }
const weekend = { days: ['sat', 'sun'], zone: 'UTC' } as const

/** `merge`, `leave`, `finish`, or the kind of the reason behind `wait` and `block`. */
type Row = readonly [name: string, facts: FactsOverride, expected: string]

const table: readonly Row[] = [
  ['merges a release for which every rule holds', {}, 'merge'],

  ['leaves what a person opened', { pull: { author: person } }, 'leave'],
  ['leaves what a person opened with our marker copied into it', { pull: { author: person } }, 'leave'],
  ['leaves what has no marker, also of our own', { pull: { marker: undefined } }, 'leave'],
  ['leaves what comes from a fork', { pull: { sameRepository: false } }, 'leave'],
  ['leaves what nobody is known to have opened', { pull: { author: undefined } }, 'leave'],

  ['finishes what is merged', { pull: { state: 'merged' } }, 'finish'],
  ['finishes what is closed', { pull: { state: 'closed' } }, 'finish'],

  ['blocks without a configuration', { settings: { kind: 'absent' } }, 'block no-configuration'],
  ['blocks with a broken one', { settings: { kind: 'broken', problem: 'x' } }, 'block broken-configuration'],
  ['blocks for a cluster that is gone', { settings: { kind: 'no-such-cluster' } }, 'block no-such-cluster'],
  ['waits for a person where merging is manual', settings({ merge: 'manual' }), 'wait manual'],
  ['leaves to a commit what was opened before', settings({ merge: 'commit' }), 'wait superseded'],
  ['waits for the end of a freeze', settings({ freeze: [today] }), 'wait freeze'],
  ['waits for the window', settings({ window: { ...weekend, from: 0, to: 1440 } }), 'wait window'],
  ['does not ask when, where a person merges', settings({ merge: 'manual', freeze: [today] }), 'wait manual'],
  ['merges after a freeze', { ...settings({ freeze: [today] }), now: new Date('2026-11-24T00:00:00Z') }, 'merge'],
  ['merges in the window', settings({ window: { ...weekend, days: ['mon'], from: 720, to: 721 } }), 'merge'],
  ['blocks what goes elsewhere', { base: { isDefault: false, branch: branch('next') } }, 'block other-base'],
  ['waits while it is a draft', { pull: { draft: true } }, 'wait draft'],

  ['waits for the plan', { plan: { kind: 'unknown' } }, 'wait plan-unknown'],
  ['waits when the plan has moved on', { plan: { kind: 'nothing' } }, 'wait superseded'],
  ['waits for newer tags that are about to be written', { plan: { kind: 'outdated' } }, 'wait outdated'],
  ['blocks what a person has taken over', { plan: { kind: 'taken-over' } }, 'block changed-by-person'],
  ['blocks another tree than the plan gives', { pull: { headTree: tree('e') } }, 'block changed-by-person'],
  ['blocks the right tree on another parent', { pull: { headParents: [commit('e')] } }, 'block changed-by-person'],
  [
    'blocks the right tree with a merge in it',
    { pull: { headParents: [commit('c'), commit('e')] } },
    'block changed-by-person',
  ],
  ['blocks the right tree without a parent', { pull: { headParents: [] } }, 'block changed-by-person'],

  ['blocks another commit with the right tree', { pull: { head: commit('e') } }, 'block changed-by-person'],
  ['blocks what cannot be written', { plan: { kind: 'refused', problem: 'x' } }, 'block edit-refused'],
  ['waits when its parent is gone from the base, which is rebuilt', { pull: { commits: 2 } }, 'wait not-on-base'],

  ['waits on a conflict, which is rebuilt', { pull: { mergeable: 'conflict' } }, 'wait conflict'],
  ['waits for unknown mergeability', { pull: { mergeable: 'unknown' } }, 'wait mergeability-unknown'],

  ['does not take a skipped check for a green one', { checks: [check('skipped')] }, 'wait no-checks'],
  ['merges with one success beside a skipped check', { checks: [check('skipped', 'e2e'), greenCi] }, 'merge'],
  ['waits for the first check: no failure is not green', { checks: [] }, 'wait no-checks'],
  ['does not count its own check as green', { checks: [ours('success')] }, 'wait no-checks'],
  ['merges without checks where there is no CI', { checks: [], ...settings({ checks: 'none' }) }, 'merge'],
  ['waits for a running check', { checks: [check('pending')] }, 'wait check-pending'],
  [
    'waits for one running check among green ones',
    { checks: [greenCi, check('pending', 'e2e')] },
    'wait check-pending',
  ],
  ['blocks on a failed check', { checks: [greenCi, check('failure', 'e2e')] }, 'block check-failed'],
  [
    'names the failure before what still runs',
    { checks: [check('pending'), check('failure', 'e2e')] },
    'block check-failed',
  ],

  ['waits for a required check that has not reported', { base: { required: [required('e2e')] } }, 'wait check-missing'],
  [
    'waits for a required check also where there is no CI',
    { base: { required: [required('e2e')] }, checks: [], ...settings({ checks: 'none' }) },
    'wait check-missing',
  ],
  [
    'merges when the required one is green and another failed',
    { base: { required: [required('ci')] }, checks: [greenCi, check('failure', 'e2e')] },
    'merge',
  ],
  [
    'blocks on a failed required check',
    { base: { required: [required('ci')] }, checks: [check('failure')] },
    'block check-failed',
  ],
  [
    'waits for a running required check',
    { base: { required: [required('ci')] }, checks: [check('pending')] },
    'wait check-pending',
  ],
  [
    'lets an old failure of the same name win over a success',
    { base: { required: [required('ci')] }, checks: [greenCi, check('failure')] },
    'block check-failed',
  ],
  [
    'does not take another app for the required one',
    { base: { required: [required('ci', 15368)] }, checks: [check('success', 'ci', 666)] },
    'wait check-missing',
  ],
  [
    'does not take a status for the check of an app',
    { base: { required: [required('ci', 15368)] }, checks: [{ ...greenCi, app: undefined }] },
    'wait check-missing',
  ],
  [
    'takes a status where any app will do',
    { base: { required: [required('ci')] }, checks: [{ ...greenCi, app: undefined }] },
    'merge',
  ],
  [
    'says yes in its own required check first',
    { base: { required: [required('ci'), required('lotse/policy')] }, checks: [greenCi, ours('pending')] },
    'wait own-check',
  ],
  [
    'merges once its own required check has said yes',
    { base: { required: [required('ci'), required('lotse/policy')] }, checks: [greenCi, ours('success')] },
    'merge',
  ],
  [
    'takes a skipped check where it is required, as GitHub does',
    { base: { required: [required('ci')] }, checks: [check('skipped')] },
    'merge',
  ],
  [
    'asks for foreign checks where only its own is required',
    { base: { required: [required('lotse/policy')] }, checks: [ours('pending')] },
    'wait no-checks',
  ],

  ['merges once the agent has told', { diffs: [diff('told')] }, 'merge'],
  ['waits for the agent', { diffs: [diff('told'), diff('pending')] }, 'wait diff-pending'],
  ['waits for an agent that is offline', { diffs: [diff('offline')] }, 'wait diff-offline'],
  ['waits where the agent could not tell', { diffs: [diff('failed')] }, 'wait diff-failed'],
  ['blocks what a cluster would not take', { diffs: [diff('offline'), diff('refused')] }, 'block diff-refused'],
  [
    'looks at checks before it looks at live diffs',
    { checks: [check('failure')], diffs: [diff('pending')] },
    'block check-failed',
  ],

  ['waits when a reviewer asked for changes', { pull: { review: 'changes-requested' } }, 'wait changes-requested'],
  ['waits for a required review', { pull: { review: 'required' } }, 'wait approval-missing'],
  ['waits for approvals that only the rules know of', { base: { requiredApprovals: 2 } }, 'wait approval-missing'],
  ['waits for a code owner', { base: { codeOwnersRequired: true } }, 'wait approval-missing'],
  ['merges what is approved', { base: { requiredApprovals: 2 }, pull: { review: 'approved', approvals: 2 } }, 'merge'],
  [
    'does not take an approval of an older head',
    { base: { requiredApprovals: 1 }, pull: { review: 'approved', approvals: 0 } },
    'wait approval-missing',
  ],
  [
    'counts approvals',
    { base: { requiredApprovals: 2 }, pull: { review: 'approved', approvals: 1 } },
    'wait approval-missing',
  ],
  [
    'waits for conversations that must be resolved',
    { base: { conversationsRequired: true }, pull: { unresolvedThreads: 1 } },
    'wait conversation-open',
  ],
  ['merges with open conversations where they may be', { pull: { unresolvedThreads: 1 } }, 'merge'],

  [
    'waits when it is behind, which GitHub says only where it must not be',
    { pull: { mergeState: 'behind' } },
    'wait behind',
  ],
  ['waits where a queue merges', { base: { mergeQueue: true } }, 'wait merge-queue'],
  [
    'leaves a rule that it cannot judge to a person',
    { base: { otherGates: ['REQUIRED_DEPLOYMENTS'] } },
    'wait unknown-gate',
  ],
  ['blocks a method that is not allowed', { base: { methods: ['rebase'] } }, 'block method-not-allowed'],
  ['blocks where no method is allowed', { base: { methods: [] } }, 'block method-not-allowed'],
  ['waits for a cause that it cannot see', { pull: { mergeState: 'blocked' } }, 'wait blocked'],
  [
    'says yes in its own check before it looks for other causes',
    {
      base: { required: [required('ci'), required('lotse/policy')] },
      checks: [greenCi, ours('pending')],
      pull: { mergeState: 'blocked' },
    },
    'wait own-check',
  ],
  [
    'waits for another cause once its own check has said yes',
    {
      base: { required: [required('ci'), required('lotse/policy')] },
      checks: [greenCi, ours('success')],
      pull: { mergeState: 'blocked' },
    },
    'wait blocked',
  ],

  [
    'names the first rule that does not hold',
    { pull: { draft: true, mergeable: 'conflict' }, checks: [] },
    'wait draft',
  ],
]

describe('decideMerge', () => {
  for (const [name, override, expected] of table) {
    test(name, () => {
      const decision = decideMerge(mergeFacts(override))
      assert.equal(short(decision), expected)
      if (decision.do === 'merge') assert.deepEqual(decision, merges)
    })
  }

  test('merges by the configured method exactly the head that was judged', () => {
    assert.deepEqual(
      decideMerge(
        mergeFacts({
          ...settings({ mergeMethod: 'rebase' }),
          pull: { head: commit('f') },
          plan: { kind: 'commit', head: commit('f'), parent: commit('c'), tree: tree('b') },
        }),
      ),
      {
        do: 'merge',
        method: 'rebase',
        head: commit('f'),
      },
    )
  })
})

describe('explainMerge', () => {
  test('names every rule, in order', () => {
    assert.deepEqual(
      explainMerge(mergeFacts()).map(({ rule, holds, detail }) => [rule, holds, detail]),
      rules.map(({ says }) => [says, 'yes', '']),
    )
  })

  test('goes on after the first rule that does not hold', () => {
    const open = explainMerge(mergeFacts({ pull: { draft: true }, checks: [check('failure')] })).filter(
      ({ holds }) => holds !== 'yes',
    )
    assert.deepEqual(open, [
      { rule: 'it is not a draft', holds: 'waiting', detail: 'it is a draft' },
      { rule: 'checks succeeded', holds: 'no', detail: 'ci failed' },
    ])
  })
})

describe('explainMerge of times', () => {
  const rows: readonly (readonly [what: string, FactsOverride, detail: string])[] = [
    ['a freeze', settings({ freeze: [today] }), 'a freeze until Tue 2026-11-24 00:00 UTC: audit'],
    [
      'a window',
      settings({ window: { ...weekend, from: 480, to: 960 } }),
      'outside the window until Sat 2026-11-28 08:00 UTC',
    ],
  ]
  for (const [what, override, expected] of rows) {
    test(`says until when ${what} holds it`, () => {
      const open = explainMerge(mergeFacts(override)).filter(({ holds }) => holds !== 'yes')
      assert.deepEqual(open, [
        { rule: 'there is no freeze, and the window is open', holds: 'waiting', detail: expected },
      ])
    })
  }
})

describe('explainMerge of live diffs', () => {
  const rows: readonly (readonly [state: DiffFact['state'], detail: string])[] = [
    ['pending', 'the agent of production is asked what it changes'],
    ['offline', 'what it changes in production cannot be told: the reason'],
    ['failed', 'what it changes in production could not be told: the reason'],
    ['refused', 'production would not take it: the reason'],
  ]
  for (const [state, expected] of rows) {
    test(`says why of one that is ${state}`, () => {
      const rule = explainMerge(mergeFacts({ diffs: [diff(state)] })).find(({ holds }) => holds !== 'yes')
      assert.equal(rule?.detail, expected)
    })
  }
})

describe('policyCheck', () => {
  const of = (override: FactsOverride) => {
    const facts = mergeFacts(override)
    return policyCheck(decideMerge(facts), explainMerge(facts))
  }
  const conclusions: readonly (readonly [string, FactsOverride, string | undefined])[] = [
    [
      'a release that waits for our own check',
      { base: { required: [required('ci'), required('lotse/policy')] } },
      'success',
    ],
    ['a merged release', { pull: { state: 'merged' } }, 'success'],
    ['a queue, which a person feeds', { base: { mergeQueue: true } }, 'success'],
    ['what the plan asks for no more', { plan: { kind: 'nothing' } }, 'neutral'],
    ['what is no release, so that it can be required', { pull: { author: person } }, 'success'],
    ['what a person merges', settings({ merge: 'manual' }), 'success'],
    ['what waits for the end of a freeze', settings({ freeze: [today] }), 'success'],
    ['what waits for the window', settings({ window: { ...weekend, from: 0, to: 1440 } }), 'success'],
    ['what a person has taken over', { plan: { kind: 'taken-over' } }, 'neutral'],
    ['a failed check', { checks: [check('failure')] }, 'failure'],
    ['what is still awaited', { checks: [check('pending')] }, undefined],
  ]
  for (const [name, override, expected] of conclusions) {
    test(`concludes ${expected ?? 'nothing yet'} for ${name}`, () => assert.equal(of(override)?.conclusion, expected))
  }

  test('says nothing about what is closed, or about to be merged', () => {
    assert.equal(of({}), undefined)
    assert.equal(of({ pull: { state: 'closed' } }), undefined)
  })

  test('escapes what comes from outside', () => {
    const name = '](https://evil.example) @everyone <img src=x>'
    assert.doesNotMatch(of({ checks: [check('failure', name)] })?.summary ?? '', /[^\\]\]\(https|@everyone|[^\\]<img/)
  })
})

function short(decision: MergeDecision): string {
  return decision.do === 'wait' || decision.do === 'block' ? `${decision.do} ${decision.because.kind}` : decision.do
}
