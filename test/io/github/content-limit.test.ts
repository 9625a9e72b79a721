import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInstallationId } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { openGround } from './ground.ts'

const { sandbox, github, installation, repository, clock } = await openGround()
const scope = { installation, repository, profile: 'chat' } as const
const gitops = { owner: 'acme', repo: 'gitops' }
const opened = 'POST /repos/{owner}/{repo}/pulls'

test('content that GitHub would refuse is not asked for: first no pull requests, then no comments either', async () => {
  clock.client = new Date()
  const octokit = await github.as(scope)
  const open = () => octokit.rest.pulls.create({ ...gitops, head: 'there-is-none', base: 'main', title: 'x' })
  const comment = () => octokit.rest.issues.createComment({ ...gitops, issue_number: 404, body: 'x' })
  // What GitHub does not take counts all the same.
  for (let n = 1; n <= 50; n++) await assert.rejects(open(), { status: 422 })
  await assert.rejects(open(), { name: 'ContentLimit' })
  assert.equal(sandbox.requests.byRoute()[opened], 50)
  assert.throws(() => github.expectContentRoom(installation), { name: 'ContentLimit' })

  for (let n = 1; n <= 20; n++) await assert.rejects(comment(), { status: 404 })
  await assert.rejects(comment(), { name: 'ContentLimit' })
  // Whatever makes no content goes on.
  await octokit.rest.git.getRef({ ...gitops, ref: 'heads/main' })

  clock.client = new Date(clock.client.getTime() + 4 * 60_000)
  github.expectContentRoom(installation)
  await assert.rejects(open(), { status: 422 })
})

test('what one installation makes is not counted against another', () => {
  clock.client = new Date(Date.now() + 3_600_000)
  const room = () => github.expectContentRoom(guaranteed(parseInstallationId(4242)))
  assert.doesNotThrow(room)
})
