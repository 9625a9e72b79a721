import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { acme, startWorld } from '../support/world.ts'

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
