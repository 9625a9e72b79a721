import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { liveThrough } from './agent-kill.ts'

// Two fewer where the bot does not look between two words of the agent.
const most = 14

describe('the bot of an agent, killed', { concurrency: 4 }, async () => {
  const undisturbed = liveThrough(undefined)

  test('not at all: a failure and a success are told', async (t) => {
    const { end, writes } = await undisturbed
    assert.deepEqual(end.deployments, ['production failure', 'production success'])
    assert.equal(end.comments.length, 2)
    t.diagnostic(writes.join(', '))
    assert.ok(most - 2 <= writes.length && writes.length <= most)
  })

  for (let write = 1; write <= most; write++) {
    for (const phase of ['before', 'after'] as const) {
      test(`${phase} write ${write}: the same end`, async (t) => {
        const { end, writes, kills } = await liveThrough({ write, phase })
        assert.equal(kills, write <= writes.length ? 1 : 0)
        t.diagnostic(kills === 0 ? 'no such write' : `killed ${phase} ${writes[write - 1]}`)
        assert.deepEqual(end, (await undisturbed).end)
      })
    }
  }
})
