import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acme } from '../support/world.ts'
import { type AgentWorld, come, failure, head, report, startAgentWorld } from './agent-ground.ts'

/** What the bot answers to a comment on the release. */
async function answer(world: AgentWorld, person: string, body: string): Promise<string> {
  const { id } = await world.github.person(person).comment(acme.repository, 1, body)
  await world.rest()
  return world.comments(world.pull(1)).find((text) => text.includes(`lotse:reply comment=${id}`)) ?? ''
}

async function withRelease(): Promise<AgentWorld> {
  const world = await startAgentWorld()
  await world.push('1.2.1')
  await world.rest()
  return world
}

const syncs = ({ agent }: AgentWorld): number => agent.heard.filter(({ kind }) => kind === 'sync').length

describe('chat', () => {
  test('sync asks the agent for those who may write, and refuses others with the reason', async () => {
    await using world = await withRelease()
    await world.agent.connect()
    assert.match(await answer(world, 'eve', '/lotse sync production'), /needs the role write/)
    assert.equal(syncs(world), 0)
    assert.match(await answer(world, 'bob', '/lotse sync production'), /is asked to sync/)
    await come(() => assert.equal(syncs(world), 1))
  })

  for (const [where, route, status] of [
    ['that is deleted', 'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions', 404],
    ['in a locked conversation', 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments', 403],
  ] as const) {
    test(`sync asks the agent once for a comment ${where} before it is answered`, async () => {
      await using world = await withRelease()
      await world.agent.connect()
      world.github.faults.refuse(route, status)
      await answer(world, 'bob', '/lotse sync production')
      await come(() => assert.ok(syncs(world) > 0))
      assert.equal(syncs(world), 1)
    })
  }

  test('sync says so when nobody can be asked, and which clusters there are', async () => {
    await using world = await withRelease()
    assert.match(await answer(world, 'bob', '/lotse sync production'), /is not connected, and was never seen/)
    assert.match(await answer(world, 'bob', '/lotse sync staging'), /names no cluster `staging`.*`production`/)
  })

  test('status says what the agent said last, also when it is gone', async () => {
    await using world = await withRelease()
    assert.match(await answer(world, 'bob', '/lotse status'), /\*\*production\*\*: 🔴 its agent has never connected/)
    await world.agent.connect()
    world.agent.say({ kind: 'synced', report: report(head(world), failure) })
    await come(async () => {
      const text = await answer(world, 'bob', '/lotse status production')
      assert.match(text, /🟢 its agent is connected/)
      assert.match(text, /the server refuses/)
    })
    await world.agent.disconnect()
    await come(async () => assert.match(await answer(world, 'bob', '/lotse status'), /offline since 20/))
  })

  test('status says that a cluster is behind the branch, though its last sync was complete', async () => {
    await using world = await withRelease()
    await world.agent.connect()
    const before = head(world)
    world.agent.say({ kind: 'synced', report: report(before) })
    await come(async () => {
      const text = await answer(world, 'bob', '/lotse status')
      assert.match(text, new RegExp(`last complete: .${before.slice(0, 7)}`))
      assert.doesNotMatch(text, /not there yet/)
    })
    await world.github.person('alice').push(acme.repository, { branch: 'main', files: { 'notes.md': 'new' } })
    const text = await answer(world, 'bob', '/lotse status')
    assert.match(text, new RegExp(`.main. is at .${head(world).slice(0, 7)}., production is not there yet`))
  })

  test('a broken configuration cuts no agent off, and status names the line', async () => {
    await using world = await withRelease()
    await world.agent.connect()
    world.agent.say({ kind: 'synced', report: report(head(world)) })
    await world.rest()
    const alice = world.github.person('alice')
    await alice.push(acme.repository, { branch: 'main', files: { '.github/lotse.yaml': 'version: 1\nclustrs: {}\n' } })
    await world.rest()
    const text = await answer(world, 'bob', '/lotse status')
    assert.match(text, /❌ The configuration cannot be read: \\?\.github\/lotse\.yaml:2:\d+: /)
    assert.match(text, /\*\*production\*\*: 🟢 its agent is connected/)
    await world.agent.disconnect()
    await world.agent.connect()
    await come(async () => assert.match(await answer(world, 'bob', '/lotse status'), /🟢 its agent is connected/))
  })

  test('status says what keeps an agent from working, until it works again', async () => {
    await using world = await withRelease()
    await world.agent.connect()
    const trouble = { since: '2026-11-22T12:00:00Z', says: 'git cannot be read', help: 'renew its token' }
    const path = `clusters/${acme.cluster}`
    world.agent.say({ kind: 'state', state: { version: '1.0.0', path, trouble } })
    await come(async () =>
      assert.match(await answer(world, 'bob', '/lotse status'), /12:00 UTC: git cannot be read \(renew its token\)/),
    )
    world.agent.say({ kind: 'synced', report: report(head(world)) })
    await come(async () => assert.doesNotMatch(await answer(world, 'bob', '/lotse status'), /git cannot be read/))
  })
})
