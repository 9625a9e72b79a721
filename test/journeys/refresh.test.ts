import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acmeFiles } from '../../src/sandbox/acme.ts'
import { type World, acme, openWorld, startWorld } from '../support/world.ts'

describe('a start of the bot', () => {
  test('asks for a webhook that was lost once', async () => {
    await using world = await startWorld()
    await world.push('1.2.1')
    await world.rest()
    world.github.faults.loseWebhooks(1)
    await world.github.person('bob').comment(acme.repository, 1, '/lotse help')
    await world.rest()
    await world.restartBot()
    const comments = world.github.deliveries.filter(
      ({ event, action }) => event === 'issue_comment' && action === 'created',
    )
    const [lost] = comments
    assert.deepEqual(
      comments.filter(({ guid }) => guid === lost?.guid).map(({ state }) => state),
      ['lost', 'delivered'],
    )
  })
})

describe('a refresh of many repositories', () => {
  const quiet = `${acme.organization}/quiet`

  /** As many as these, and one. */
  async function openMany(count: number): Promise<World> {
    const world = await openWorld()
    const names = Array.from({ length: count }, (_, i) => `${quiet}-${i}`)
    for (const name of names) await world.github.createRepository(name, { files: acmeFiles })
    await world.startBot()
    await world.rest()
    world.github.requests.reset()
    return world
  }

  /** What was asked about repositories; tokens, and who is installed where, aside. */
  function asked({ github }: World): Readonly<Record<string, number>> {
    const routes = Object.entries(github.requests.byRoute())
    return Object.fromEntries(routes.filter(([route]) => /graphql|\/repos\//.test(route)))
  }

  test('asks one question for each fifty where nothing changed, also after a restart', async () => {
    await using world = await openMany(50)
    await world.restartBot()
    assert.deepEqual(asked(world), { 'POST graphql Glance': 2 })
    const tokens = world.github.requests.count(({ route }) => route.endsWith('/access_tokens'))
    assert.equal(tokens, 2)
  })

  test('reads the one whose head has moved, though the webhook was lost', async () => {
    await using world = await openMany(2)
    await world.stopBot()
    world.github.state.deliveries.length = 0
    await world.github.person('alice').push(`${quiet}-0`, { branch: 'main', files: { 'NOTE.md': 'x' } })
    world.github.state.deliveries.length = 0
    world.github.requests.reset()
    await world.startBot()
    await world.rest()
    assert.deepEqual(asked(world), {
      'POST graphql Glance': 1,
      'GET /repos/{owner}/{repo}/git/ref/{ref}': 1,
      'GET /repos/{owner}/{repo}/git/trees/{tree_sha}': 1,
    })
  })
})

describe('an installation', () => {
  test('that is suspended is left alone, and taken up again when it is not', async () => {
    await using world = await startWorld()
    const id = installationOf(world)
    await world.github.suspend(id)
    await world.rest()
    world.registry.requests.reset()
    await world.push('1.2.1')
    await world.restartBot()
    assert.equal(world.registry.requests.of('tags'), 0)
    assert.deepEqual(world.pulls(), [])
    await world.github.unsuspend(id)
    await world.rest()
    assert.equal(world.pulls().length, 1)
  })

  test('that is gone when the bot comes back is forgotten, though the webhook was lost', async () => {
    await using world = await startWorld()
    await world.stopBot()
    world.github.faults.loseWebhooks(({ event }) => event === 'installation')
    await world.github.uninstall(installationOf(world))
    await world.rest()
    world.registry.requests.reset()
    await world.startBot()
    await world.push('1.2.1')
    await world.rest()
    assert.equal(world.registry.requests.of('tags'), 0)
  })
})

describe('a pull request of a person gets its check', () => {
  async function propose(world: World): Promise<void> {
    const bob = world.github.person('bob')
    await bob.push(acme.repository, { branch: 'note', create: true, files: { 'NOTE.md': 'x' } })
    await bob.openPull(acme.repository, { head: 'note', title: 'Note' })
    await world.rest()
  }
  const checked = { 'lotse/policy': 'success' }

  test('though it was opened before the app was installed', async () => {
    await using world = await openWorld()
    await world.github.uninstall(installationOf(world))
    await propose(world)
    await world.github.install(world.app.appId, acme.organization)
    await world.startBot()
    assert.deepEqual(world.checks(world.pull(1)), checked)
  })

  test('though GitHub has its webhook no more, and is not looked at again', async () => {
    await using world = await startWorld()
    await world.stopBot()
    await propose(world)
    world.github.state.deliveries.length = 0
    await world.startBot()
    assert.deepEqual(world.checks(world.pull(1)), checked)
    world.github.requests.reset()
    await world.restartBot()
    assert.equal(
      world.github.requests.count(({ route }) => route === 'graphql MergeFacts'),
      0,
    )
  })
})

function installationOf({ github }: World): number {
  const [id] = github.state.installations.keys()
  if (id === undefined) throw new Error('the app is not installed')
  return id
}
