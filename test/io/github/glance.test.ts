import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GitHubUnavailable } from '../../../src/io/github/errors.ts'
import { glanceAt } from '../../../src/io/github/glance.ts'
import { nodeId } from '../../../src/sandbox/github/node-id.ts'
import { fullName, mainHead, openGround } from './ground.ts'

const ground = await openGround()
const { sandbox, github, installation, repository } = ground
const node = nodeId('repository', repository)

test('a glance shows heads and open pull requests; what is gone is left out', async () => {
  const empty = await sandbox.createRepository('acme/empty')
  const bob = sandbox.person('bob')
  await bob.push(fullName, { branch: 'note', create: true, files: { 'NOTE.md': 'x' } })
  const { issue } = await bob.openPull(fullName, { head: 'note', title: 'Note' })
  const nodes = [node, nodeId('repository', 4711), nodeId('repository', empty.id)]
  const glances = await glanceAt(await github.asReader(installation), nodes)
  assert.deepEqual(glances.get(repository), {
    head: mainHead(ground),
    open: [{ number: issue.number, head: issue.pull?.head.sha, base: 'main' }],
    complete: true,
  })
  assert.equal(glances.size, 2)
})

test('a glance says that more are open than it shows', async () => {
  const bob = sandbox.person('bob')
  for (let i = 0; i < 100; i++) {
    const head = `topic-${i}`
    await bob.push(fullName, { branch: head, create: true, files: { [`${i}.md`]: head } })
    await bob.openPull(fullName, { head, title: head })
  }
  const glance = (await glanceAt(await github.asReader(installation), [node])).get(repository)
  assert.deepEqual([glance?.open.length, glance?.complete], [100, false])
})

test('fifty repositories are one question', async () => {
  const octokit = await github.asReader(installation)
  for (const [count, questions] of [
    [1, 1],
    [50, 1],
    [51, 2],
  ] as const) {
    sandbox.requests.reset()
    await glanceAt(
      octokit,
      Array.from({ length: count }, () => node),
    )
    assert.equal(sandbox.requests.count(), questions)
  }
})

test('a glance is put off where a fifth of the hourly limit is left', async () => {
  const octokit = await github.asReader(installation)
  const rateLimit = { limit: 5000, remaining: 999 }
  octokit.hook.after('request', async (answer) => {
    answer.data.data.rateLimit = rateLimit
  })
  await assert.rejects(
    glanceAt(octokit, [node]),
    (error) => error instanceof GitHubUnavailable && error.retryAfterMs === 600_000,
  )
  rateLimit.remaining = 1000
  assert.equal((await glanceAt(octokit, [node])).size, 1)
})
