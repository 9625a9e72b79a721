import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Moment, liveThrough } from '../support/kill.ts'

/**
 * The bot's process is killed before and after the effect of each write that GitHub sees, and started again: the end
 * is the same every time, with nothing twice and nothing missing.
 */
const undisturbed = await liveThrough(undefined)

describe('killed at any moment', { concurrency: 4 }, () => {
  test('the undisturbed run writes what the story says', () => {
    assert.ok(undisturbed.writes.length >= 8, undisturbed.writes.join('\n'))
    assert.deepEqual(undisturbed.end.pulls, ['1 merged Auto-release eu.gcr.io/project/demo-service:1.2.1'])
    assert.equal(undisturbed.end.replies.length, 1)
    assert.deepEqual(undisturbed.end.branches, ['refs/heads/main'])
  })

  const moments: Moment[] = undisturbed.writes.flatMap((_, index) => [
    { write: index + 1, phase: 'before' },
    { write: index + 1, phase: 'after' },
  ])
  for (const moment of moments) {
    const what = undisturbed.writes[moment.write - 1]
    test(`${moment.phase} write ${moment.write}, ${what}`, async (t) => {
      const { end, kills } = await liveThrough(moment)
      assert.equal(kills, 1)
      assert.deepEqual(end, undisturbed.end)
      t.diagnostic(`killed ${moment.phase} ${what}: same end`)
    })
  }
})
