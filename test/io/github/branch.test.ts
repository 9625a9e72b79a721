import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { type CommitSha, parseCommitSha } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { type BranchMove, createCommit, moveBranch } from '../../../src/io/github/branch.ts'
import { readReleaseState } from '../../../src/io/github/release-facts.ts'
import { branch, fullName, headOf, main, mainHead, name, openGround } from './ground.ts'

const ground = await openGround()
const { octokit, sandbox } = ground
const bob = sandbox.person('bob')
const release = branch('lotse/release/production/x')

const known = await readReleaseState(octokit, { repository: name, base: main, branch: release, files: [] })
assert.ok(known !== undefined)
const { repositoryNode: node, base } = known

/** Two commits of ours on main. */
const first = await commitOf('first')
const second = await commitOf('second')

async function commitOf(message: string): Promise<CommitSha> {
  return createCommit(octokit, name, { message, tree: base.tree, parent: base.head })
}

async function move(change: Omit<BranchMove, 'branch'>): Promise<string> {
  return moveBranch(octokit, { name, node }, { branch: release, ...change })
}

/** Whatever the test before left. */
async function place(at: CommitSha | undefined): Promise<void> {
  const { refs } = sandbox.repository(fullName).git
  await refs.update([{ name: `refs/heads/${release}`, after: at ?? '0'.repeat(40) }])
}

beforeEach(() => sandbox.faults.clear())

describe('moveBranch', () => {
  const rows: readonly (readonly [
    name: string,
    at: CommitSha | undefined,
    change: Omit<BranchMove, 'branch'>,
    outcome: string,
    then: CommitSha | undefined,
  ])[] = [
    ['makes a branch', undefined, { from: undefined, to: first }, 'moved', first],
    ['moves it, also to where git would have to be forced', first, { from: first, to: second }, 'moved', second],
    ['deletes it', first, { from: first, to: undefined }, 'moved', undefined],
    ['makes none where somebody made one', second, { from: undefined, to: first }, 'moved-by-others', second],
    ['leaves what somebody pushed', second, { from: first, to: base.head }, 'moved-by-others', second],
    ['leaves what somebody deleted', undefined, { from: first, to: second }, 'moved-by-others', undefined],
    ['deletes nothing that somebody pushed', second, { from: first, to: undefined }, 'moved-by-others', second],
    ['finds moved what is where it shall be', second, { from: first, to: second }, 'moved', second],
    ['finds deleted what is not there', undefined, { from: first, to: undefined }, 'moved', undefined],
  ]
  for (const [title, at, change, outcome, then] of rows) {
    test(title, async () => {
      await place(at)
      assert.equal(await move(change), outcome)
      assert.equal(headOf(ground, release), then)
    })
  }

  test('says that a ruleset refused it, and what to do', async (t) => {
    await place(first)
    const id = sandbox.addRuleset(fullName, { branch: '~ALL', blockForcePushes: true })
    t.after(() => sandbox.removeRuleset(fullName, id))
    const refusal = {
      name: 'UserError',
      message: `GitHub refused to move the branch ${release}`,
      help: /rulesets/,
    }
    await assert.rejects(move({ from: first, to: second }), refusal)
    await assert.rejects(move({ from: first, to: undefined }), refusal)
    assert.equal(headOf(ground, release), first)
  })

  test('refuses a commit that GitHub does not have', async () => {
    await place(first)
    const nowhere = guaranteed(parseCommitSha('e'.repeat(40)))
    await assert.rejects(move({ from: first, to: nowhere }), { name: 'UserError' })
    assert.equal(headOf(ground, release), first)
  })

  test('whose answer was lost is found moved the second time', async () => {
    await place(first)
    sandbox.faults.answerAfterEffect('graphql updateRefs', 502)
    await assert.rejects(move({ from: first, to: second }), { name: 'GitHubUnavailable' })
    assert.equal(headOf(ground, release), second)
    assert.equal(await move({ from: first, to: second }), 'moved')
  })

  test('never overwrites a push that comes in between', async () => {
    await place(first)
    sandbox.faults.onWrite(async ({ phase }) => {
      sandbox.faults.onWrite(undefined)
      if (phase === 'before') await bob.push(fullName, { branch: release, files: { 'bob.yaml': 'mine' } })
    })
    assert.equal(await move({ from: first, to: second }), 'moved-by-others')
    assert.notEqual(headOf(ground, release), second)
    assert.notEqual(headOf(ground, release), first)
  })
})

test('a commit is of the app, and has one parent', () => {
  assert.notEqual(first, second)
  assert.equal(mainHead(ground), base.head)
})
