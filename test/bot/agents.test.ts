import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acme } from '../support/world.ts'
import {
  type AgentWorld,
  asks,
  checksOn,
  come,
  failure,
  head,
  liveDiff,
  report,
  startAgentWorld,
  tag,
} from './agent-ground.ts'

const hints = ({ agent }: AgentWorld): number => agent.heard.filter(({ kind }) => kind === 'fetch').length

/** A person asks for the check of a live diff again. */
async function runAgain(world: AgentWorld, sha: string): Promise<void> {
  const { id } = world.github.repository(acme.repository)
  const app = { id: world.settings.github.appId }
  const payload = {
    action: 'rerequested',
    check_run: { name: 'lotse/diff (production)', head_sha: sha, app },
    repository: { id, name: 'gitops', full_name: acme.repository, owner: { login: acme.organization } },
    sender: { id: 1, login: 'bob', type: 'User' },
  }
  await world.deliver({ guid: 'c0ffee00-0000-4000-8000-000000000000', event: 'check_run', payload })
}

describe('an agent', () => {
  test('that is behind is told so when it connects, and one that is not hears nothing', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const commit = head(world)
    await come(() => assert.deepEqual(world.agent.heard, [{ kind: 'fetch', commit }]))
    world.agent.say({ kind: 'synced', report: report(commit) })
    await world.agent.disconnect()
    await world.agent.connect()
    world.agent.say({ kind: 'token-wanted' })
    await come(() => assert.equal(world.agent.heard.at(-1)?.kind, 'token'))
    assert.equal(hints(world), 1)
  })

  test('is asked anew about a pull request when a person asks for its check again', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    await world.push('1.2.1')
    await world.rest()
    const { agent } = world
    const [asked] = await come(() => {
      assert.equal(asks(agent).length, 1)
      return asks(agent)
    })
    assert.ok(asked !== undefined)
    const { pull, base, head: sha } = asked
    agent.say({ kind: 'diffed', pull, base, head: sha, result: { kind: 'diff', diff: liveDiff() } })
    await come(() => assert.equal(world.checks(world.pull(1))['lotse/diff (production)'], 'success'))
    await world.rest()
    await runAgain(world, sha)
    await come(() => assert.equal(asks(agent).length, 2))
  })

  test('is asked when a person runs the check again after the author was given the role', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const { github, agent } = world
    const bob = github.person('bob')
    const files = { 'clusters/production/demo-settings.yaml': 'a: 1\n' }
    await bob.push(acme.repository, { branch: 'topic', files, create: true, message: 'Change the settings' })
    github.grant(acme.repository, 'bob', 'triage')
    const { issue } = await bob.openPull(acme.repository, { head: 'topic', title: 'Change the settings' })
    await world.rest()
    const { head: sha } = world.pull(issue.number)
    assert.deepEqual(checksOn(world, sha), { 'lotse/policy': 'success', 'lotse/diff (production)': 'neutral' })
    github.grant(acme.repository, 'bob', 'write')
    await runAgain(world, sha)
    await come(() => assert.equal(asks(agent).length, 1))
  })

  test('that stays connected while the app is taken away and given back is heard as before', async () => {
    await using world = await startAgentWorld()
    await world.agent.connect()
    const commit = head(world)
    world.agent.say({ kind: 'synced', report: report(commit) })
    await come(() => assert.equal(tag(world), commit))
    await world.rest()
    const [installation = 0] = world.github.state.installations.keys()
    await world.github.suspend(installation)
    await world.rest()
    await world.github.unsuspend(installation)
    await world.rest()
    world.agent.say({ kind: 'synced', report: report(commit, failure) })
    await come(() => assert.deepEqual(checksOn(world, commit), { 'lotse/sync (production)': 'failure' }))
  })
})
