import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import type { CommitSha } from '../../../src/core/ids.ts'
import { mergePull } from '../../../src/io/github/pulls.ts'
import { fullName, headOf, mainHead, name, openGround, pullNumber } from './ground.ts'

const ground = await openGround()
const { octokit, sandbox } = ground
const bob = sandbox.person('bob')
const route = 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge'

let branches = 0
let number = pullNumber(1)
let branch = ''

/** Each test has a pull request of its own. */
beforeEach(async () => {
  branches += 1
  branch = `topic-${branches}`
  await bob.push(fullName, { branch, create: true, files: { [`${branch}.md`]: branch } })
  number = pullNumber((await bob.openPull(fullName, { head: branch, title: 'Note' })).issue.number)
})

function head(): CommitSha {
  const found = headOf(ground, branch)
  assert.ok(found !== undefined)
  return found
}

describe('mergePull', () => {
  for (const method of ['merge', 'squash', 'rebase'] as const) {
    test(`merges by ${method}`, async () => {
      assert.deepEqual(await mergePull(octokit, name, number, { head: head(), method }), { kind: 'merged' })
    })
  }

  const refusals: readonly (readonly [name: string, change: () => Promise<unknown>])[] = [
    ['a head that moved since it was judged', () => bob.push(fullName, { branch, files: { 'more.md': 'x' } })],
    ['a draft', () => bob.setDraft(fullName, number, true)],
    ['one that is closed', () => bob.closePull(fullName, number)],
    ['a conflict', async () => bob.push(fullName, { branch: 'main', files: { [`${branch}.md`]: 'something else' } })],
  ]
  for (const [title, change] of refusals) {
    test(`tells that GitHub refuses ${title}`, async () => {
      const judged = head()
      await change()
      const before = mainHead(ground)
      const outcome = await mergePull(octokit, name, number, { head: judged, method: 'squash' })
      assert.equal(outcome.kind, 'refused')
      assert.equal(mainHead(ground), before)
    })
  }

  test('tells that GitHub refuses a method that the repository does not have', async (t) => {
    const repository = sandbox.repository(fullName)
    const methods = repository.mergeMethods
    repository.mergeMethods = ['squash']
    t.after(() => void (repository.mergeMethods = methods))
    const outcome = await mergePull(octokit, name, number, { head: head(), method: 'rebase' })
    assert.equal(outcome.kind, 'refused')
  })

  test('does not say what it does not know: GitHub merged, and answered 502', async () => {
    sandbox.faults.answerAfterEffect(route, 502)
    const merge = mergePull(octokit, name, number, { head: head(), method: 'squash' })
    await assert.rejects(merge, { name: 'GitHubUnavailable' })
    assert.equal(sandbox.repository(fullName).issues.get(number)?.state, 'closed')
  })

  test('does not say what it does not know: GitHub limits the rate', async () => {
    sandbox.faults.limitRate('secondary')
    const merge = mergePull(octokit, name, number, { head: head(), method: 'squash' })
    await assert.rejects(merge, { name: 'GitHubUnavailable', retryAfterMs: 60_000 })
  })
})
