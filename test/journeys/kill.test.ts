import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type End,
  type Life,
  type Moment,
  type Story,
  liveThrough,
  release,
  releaseByCommit,
  releaseByCommitInstead,
} from '../support/kill.ts'

/**
 * The bot's process is killed before and after the effect of each write that GitHub sees, and started again: the end
 * is the same every time, with nothing twice and nothing missing.
 */
const subject = 'Auto-release eu.gcr.io/project/demo-service:1.2.1'
const stories: readonly (readonly [name: string, story: Story, writes: number, end: Partial<End>])[] = [
  [
    'a release',
    release,
    10,
    {
      pulls: [`1 merged ${subject}`],
      branches: ['refs/heads/main'],
      given: ['1 release', '1 alice'],
    },
  ],
  [
    'a release by commit',
    releaseByCommit,
    3,
    { pulls: [], branches: ['refs/heads/main'], commits: [subject, 'Initial commit'] },
  ],
  [
    'a release by commit instead of its pull request',
    releaseByCommitInstead,
    9,
    {
      pulls: [`1 closed ${subject}`],
      branches: ['refs/heads/main'],
      commits: [subject, 'Commit releases', 'Initial commit'],
    },
  ],
]

const undisturbedLives = await Promise.all(stories.map(async ([, story]) => liveThrough(story, undefined)))

for (const [index, [name, story, writes, end]] of stories.entries()) {
  const undisturbed = undisturbedLives[index]
  assert.ok(undisturbed !== undefined)
  describe(`${name}, killed at any moment`, { concurrency: 4 }, () => {
    test('the undisturbed run writes what the story says', () => saysIt(undisturbed, { writes, end }))
    for (const moment of momentsOf(undisturbed)) {
      const what = undisturbed.writes[moment.write - 1]
      test(`${moment.phase} write ${moment.write}, ${what}`, async (t) => {
        const { end, kills } = await liveThrough(story, moment)
        assert.equal(kills, 1)
        assert.deepEqual(end, undisturbed.end)
        t.diagnostic(`killed ${moment.phase} ${what}: same end`)
      })
    }
  })
}

function saysIt(life: Life, story: { readonly writes: number; readonly end: Partial<End> }): void {
  assert.ok(life.writes.length >= story.writes, life.writes.join('\n'))
  assert.deepEqual({ ...life.end, ...story.end }, life.end)
}

function momentsOf({ writes }: Life): readonly Moment[] {
  return writes.flatMap((_, index): readonly Moment[] => [
    { write: index + 1, phase: 'before' },
    { write: index + 1, phase: 'after' },
  ])
}
