import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { liveThroughSyncs } from '../support/agent-kill.ts'
import type { Moment } from '../support/kill.ts'
import { joinCluster } from './on-cluster.ts'

/**
 * The agent's process is killed before and after the effect of each of its writes, and started again: the end is the same
 * every time, in the cluster and on GitHub, with nothing twice and nothing missing.
 */
const cluster = await joinCluster('kill')
if (cluster !== undefined) {
  const undisturbed = await liveThroughSyncs(cluster, undefined)

  describe('the agent, killed at any moment', { concurrency: 4 }, () => {
    test('the undisturbed run ends as the story says', () => {
      assert.ok(undisturbed.writes.length >= 15, undisturbed.writes.join('\n'))
      assert.equal(undisturbed.end.objects.length, 3, undisturbed.end.objects.join('\n'))
      assert.equal(undisturbed.end.deployments.at(-1), 'success')
      assert.ok(undisturbed.end.tagIsOnMain)
    })

    const moments: Moment[] = undisturbed.writes.flatMap((_, index) => [
      { write: index + 1, phase: 'before' },
      { write: index + 1, phase: 'after' },
    ])
    for (const moment of moments) {
      const what = undisturbed.writes[moment.write - 1]
      test(`${moment.phase} write ${moment.write}, ${what}`, async (t) => {
        const { kills } = await liveThroughSyncs(cluster, moment, undisturbed.end)
        assert.equal(kills, 1)
        t.diagnostic(`killed ${moment.phase} ${what}: same end`)
      })
    }
  })
}
