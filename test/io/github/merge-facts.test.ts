import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import type { BaseFacts, CheckFacts, PullRequestFacts } from '../../../src/core/automerge/facts.ts'
import { baseFacts } from '../../../src/io/github/base-facts.ts'
import { type MergeState, readMergeState } from '../../../src/io/github/merge-facts.ts'
import type { ParametersAnswer, PullAnswer, RepositoryAnswer } from '../../../src/io/github/merge-query.ts'
import type { NewBranchRules, NewRuleset } from '../../../src/sandbox/github/scene/rules.ts'
import type { MergeMethod } from '../../../src/sandbox/github/state.ts'
import { fullName, headOf, mainHead, name, openGround, pullNumber } from './ground.ts'

const ground = await openGround()
const { octokit, sandbox, app } = ground
const repository = sandbox.repository(fullName)
const bob = sandbox.person('bob')
const ci = sandbox.ci(fullName)
const own = { appId: app.appId, checkName: 'lotse/policy' }

let branches = 0

/** A pull request of bob's that changes one file. */
async function openPull(options: { readonly path?: string; readonly draft?: boolean } = {}): Promise<number> {
  branches += 1
  const branch = `topic-${branches}`
  const { path = `${branch}.md`, draft = false } = options
  await bob.push(fullName, { branch, create: true, files: { [path]: branch } })
  const { issue } = await bob.openPull(fullName, { head: branch, title: 'Note', draft })
  return issue.number
}

async function read(number: number): Promise<MergeState> {
  const state = await readMergeState(octokit, name, pullNumber(number), own)
  assert.ok(state !== undefined)
  return state
}

async function checksOf(number: number): Promise<readonly CheckFacts[]> {
  return (await read(number)).checks.map(({ name, app, ours, state }) => ({ name, app, ours, state }))
}

/** Of `facts` what `expected` speaks of. */
function pick<T extends object>(facts: T, expected: Partial<T>): Partial<T> {
  const keys = Object.keys(expected) as (keyof T)[]
  return Object.fromEntries(keys.map((key) => [key, facts[key]])) as Partial<T>
}

const first = await openPull()

describe('what a base asks for:', () => {
  afterEach(() => {
    repository.rulesets.clear()
    repository.protections.clear()
    repository.mergeMethods = ['merge', 'squash', 'rebase']
  })

  type Rules = {
    readonly rulesets?: readonly Omit<NewRuleset, 'name'>[]
    readonly classic?: NewBranchRules
    readonly methods?: readonly MergeMethod[]
  }
  const nothing: Partial<BaseFacts> = {
    isDefault: true,
    required: [],
    requiredApprovals: 0,
    codeOwnersRequired: false,
    mergeQueue: false,
    methods: ['squash', 'merge', 'rebase'],
  }
  const rows: readonly (readonly [name: string, rules: Rules, expected: Partial<BaseFacts>])[] = [
    ['nothing without rules', {}, nothing],
    ['nothing by rules for another branch', { rulesets: [{ branch: 'live', requiredApprovals: 2 }] }, nothing],
    ['nothing by protection without demands', { classic: {} }, nothing],
    [
      'checks by a ruleset, of the app that is named',
      { rulesets: [{ branch: 'main', requiredChecks: [{ context: 'ci', integrationId: 42 }, { context: 'e2e' }] }] },
      {
        required: [
          { context: 'ci', app: 42 },
          { context: 'e2e', app: undefined },
        ],
      },
    ],
    [
      'checks by a ruleset for the default branch',
      { rulesets: [{ branch: '~DEFAULT_BRANCH', requiredChecks: [{ context: 'ci' }] }] },
      { required: [{ context: 'ci', app: undefined }] },
    ],
    [
      'checks by classic protection',
      { classic: { requiredChecks: [{ context: 'ci' }] } },
      { required: [{ context: 'ci', app: undefined }] },
    ],
    [
      'the checks of both together',
      {
        classic: { requiredChecks: [{ context: 'classic' }] },
        rulesets: [
          { branch: 'main', requiredChecks: [{ context: 'one' }] },
          { branch: '~ALL', requiredChecks: [{ context: 'two', integrationId: 7 }] },
        ],
      },
      {
        required: [
          { context: 'classic', app: undefined },
          { context: 'one', app: undefined },
          { context: 'two', app: 7 },
        ],
      },
    ],
    ['approvals by a ruleset', { rulesets: [{ branch: 'main', requiredApprovals: 1 }] }, { requiredApprovals: 1 }],
    ['a pull request without approvals', { rulesets: [{ branch: 'main', requiredApprovals: 0 }] }, nothing],
    ['approvals by classic protection', { classic: { requiredApprovals: 2 } }, { requiredApprovals: 2 }],
    [
      'the most approvals of all',
      {
        classic: { requiredApprovals: 2 },
        rulesets: [
          { branch: 'main', requiredApprovals: 3 },
          { branch: '~ALL', requiredApprovals: 1 },
        ],
      },
      { requiredApprovals: 3 },
    ],
    [
      'all the same of an app that may bypass the rules',
      { rulesets: [{ branch: 'main', requiredApprovals: 1, bypassApps: [app.appId] }] },
      { requiredApprovals: 1 },
    ],
    ['one way to merge', { methods: ['rebase'] }, { methods: ['rebase'] }],
    ['two ways to merge', { methods: ['merge', 'squash'] }, { methods: ['squash', 'merge'] }],
  ]
  for (const [title, { rulesets = [], classic, methods }, expected] of rows) {
    test(title, async () => {
      for (const ruleset of rulesets) sandbox.addRuleset(fullName, ruleset)
      if (classic !== undefined) sandbox.protectBranch(fullName, 'main', classic)
      if (methods !== undefined) repository.mergeMethods = methods
      assert.deepEqual(pick((await read(first)).base, expected), expected)
    })
  }
})

/** What the sandbox has no rules for, in the form in which GitHub's schema answers it. */
describe('what a base asks for, by answers alone:', () => {
  const answer = (types: readonly string[], parameters: readonly ParametersAnswer[] = []): BaseFacts => {
    const nodes = [
      ...types.map((type) => ({ type, parameters: null })),
      ...parameters.map((given) => ({ type: 'PULL_REQUEST', parameters: given })),
    ]
    const base = { refUpdateRule: null, rules: { nodes } }
    const methods = { squashMergeAllowed: true, mergeCommitAllowed: true, rebaseMergeAllowed: true }
    const answered = { ...methods, defaultBranchRef: { name: 'main', target: { oid: mainHead(ground) } } }
    return baseFacts(
      answered as unknown as RepositoryAnswer,
      { baseRefName: 'main', baseRef: base } as unknown as PullAnswer,
    )
  }
  const rows: readonly (readonly [name: string, facts: BaseFacts, expected: Partial<BaseFacts>])[] = [
    ['a queue', answer(['MERGE_QUEUE']), { mergeQueue: true }],
    ['code owners', answer([], [{ requireCodeOwnerReview: true }]), { codeOwnersRequired: true }],
    ['no code owners', answer([], [{ requireCodeOwnerReview: false }]), { codeOwnersRequired: false }],
    [
      'the methods of a rule',
      answer([], [{ allowedMergeMethods: ['REBASE', 'SQUASH'] }]),
      { methods: ['squash', 'rebase'] },
    ],
    [
      'only the methods that every rule has',
      answer([], [{ allowedMergeMethods: ['REBASE', 'SQUASH'] }, { allowedMergeMethods: ['REBASE', 'MERGE'] }]),
      { methods: ['rebase'] },
    ],
    ['no method at all', answer([], [{ allowedMergeMethods: [] }]), { methods: [] }],
    ['any method', answer([], [{ allowedMergeMethods: null }]), { methods: ['squash', 'merge', 'rebase'] }],
  ]
  for (const [title, facts, expected] of rows) {
    test(title, () => assert.deepEqual(pick(facts, expected), expected))
  }
})

describe('what has been reported on a head:', () => {
  const conclusions = {
    success: 'success',
    failure: 'failure',
    cancelled: 'failure',
    timed_out: 'failure',
    action_required: 'failure',
  } as const
  for (const [conclusion, state] of Object.entries(conclusions) as ['success', 'success'][]) {
    test(`a check run that ends with ${conclusion} is a ${state}`, async () => {
      const number = await openPull()
      const { head } = (await read(number)).pull
      await ci.report(head, { name: 'ci', conclusion })
      assert.deepEqual(await checksOf(number), [{ name: 'ci', app: ci.appId, ours: false, state }])
    })
  }

  for (const conclusion of ['neutral', 'skipped'] as const) {
    test(`a check run that ends with ${conclusion} hinders nothing`, async () => {
      const number = await openPull()
      await ci.report((await read(number)).pull.head, { name: 'ci', conclusion })
      const [check] = (await read(number)).checks
      assert.ok(check?.state === 'success' || check?.state === 'skipped', check?.state)
    })
  }

  for (const status of ['queued', 'in_progress'] as const) {
    test(`a check run that is ${status} is pending`, async () => {
      const number = await openPull()
      await ci.report((await read(number)).pull.head, { name: 'ci', status })
      assert.deepEqual(
        (await read(number)).checks.map(({ state }) => state),
        ['pending'],
      )
    })
  }

  const statuses = { success: 'success', failure: 'failure', error: 'failure', pending: 'pending' } as const
  for (const [given, state] of Object.entries(statuses) as ['success', 'success'][]) {
    test(`a status ${given} is a ${state}`, async () => {
      const number = await openPull()
      await ci.status((await read(number)).pull.head, { context: 'build', state: given })
      const status = { name: 'build', app: undefined, ours: false, state }
      assert.deepEqual(await checksOf(number), [status])
    })
  }

  test('our own check run is ours, and found to be updated', async () => {
    const number = await openPull()
    const { head } = (await read(number)).pull
    const output = { title: 'Waits', summary: 'For CI.' }
    const run = { owner: 'acme', repo: 'gitops', name: own.checkName, head_sha: head, output }
    const { data } = await octokit.rest.checks.create({ ...run, status: 'in_progress' })
    const state = await read(number)
    assert.deepEqual(await checksOf(number), [{ name: own.checkName, app: app.appId, ours: true, state: 'pending' }])
    assert.deepEqual(state.policyRun, { id: data.id, conclusion: undefined, ...output })
  })

  test('a check run of another app with our name is not ours', async () => {
    const number = await openPull()
    await ci.report((await read(number)).pull.head, { name: own.checkName, conclusion: 'success' })
    const state = await read(number)
    assert.deepEqual([state.checks.map(({ ours }) => ours), state.policyRun], [[false], undefined])
  })

  test('what does not fit on a page counts as not done', async () => {
    const number = await openPull()
    const { head } = (await read(number)).pull
    for (let i = 0; i < 103; i++) await ci.status(head, { context: `build ${i}`, state: 'success' })
    const checks = await checksOf(number)
    assert.deepEqual(checks.at(-1), { name: '3 more checks', app: undefined, ours: false, state: 'pending' })
  })
})

describe('of a pull request', () => {
  const rows: readonly (readonly [name: string, make: () => Promise<number>, expected: Partial<PullRequestFacts>])[] = [
    [
      'that is open',
      openPull,
      { state: 'open', draft: false, sameRepository: true, mergeable: 'yes', mergeState: 'clean', review: 'none' },
    ],
    ['that is a draft', () => openPull({ draft: true }), { state: 'open', draft: true, mergeState: 'draft' }],
    ['that is closed', () => changed((number) => bob.closePull(fullName, number)), { state: 'closed' }],
    ['that is merged', () => changed((number) => bob.mergePull(fullName, number)), { state: 'merged' }],
    ['without a marker', openPull, { marker: undefined }],
    [
      'from a fork',
      async () => {
        await sandbox.createFork(fullName, 'bob')
        await bob.push('bob/gitops', { branch: 'topic', create: true, files: { 'fork.md': 'x' } })
        return (await bob.openPull(fullName, { head: 'bob:topic', title: 'Note' })).issue.number
      },
      { sameRepository: false },
    ],
    [
      'in conflict with its base',
      async () => {
        const number = await openPull({ path: 'README.md' })
        await bob.push(fullName, { branch: 'main', files: { 'README.md': 'other' } })
        return number
      },
      { mergeable: 'conflict', mergeState: 'dirty' },
    ],
    [
      'that GitHub has not looked at yet',
      () => changed(async () => sandbox.faults.forgetMergeability(1)),
      { mergeable: 'unknown', mergeState: 'unknown' },
    ],
  ]
  for (const [title, make, expected] of rows) {
    test(title, async () => {
      const { pull } = await read(await make())
      assert.deepEqual(pick(pull, expected), expected)
    })
  }

  async function changed(change: (number: number) => Promise<unknown>): Promise<number> {
    const number = await openPull()
    await change(number)
    return number
  }

  test('its commit is told with tree, parents and author', async () => {
    const number = await openPull()
    const { pull, defaultHead } = await read(number)
    const head = headOf(ground, pull.headBranch ?? '')
    const { data } = await octokit.rest.git.getCommit({ owner: 'acme', repo: 'gitops', commit_sha: head ?? '' })
    assert.deepEqual(
      [pull.head, pull.headTree, pull.headParents, defaultHead],
      [head, data.tree.sha, data.parents.map(({ sha }) => sha), mainHead(ground)],
    )
  })

  test('that there is not nothing is known', async () => {
    assert.equal(await readMergeState(octokit, name, pullNumber(4711), own), undefined)
  })

  test('of a repository that cannot be seen nothing is said: that is no answer', async () => {
    const hidden = sandbox.repository(fullName)
    await sandbox.renameRepository(fullName, 'hidden')
    try {
      await assert.rejects(readMergeState(octokit, name, pullNumber(first), own))
    } finally {
      hidden.name = 'gitops'
    }
  })
})
