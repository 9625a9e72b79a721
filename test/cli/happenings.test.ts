import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CommentLook,
  type DeploymentLook,
  type Look,
  type PullLook,
  happenings,
  newHeads,
} from '../../src/cli/demo/happenings.ts'

const open: PullLook = { title: 'Release', state: 'open', head: 'a' }

const bob: CommentLook = { pull: 1, author: 'bob', byBot: false, isDiff: false }
const bot = { pull: 1, author: 'lotse[bot]', byBot: true } as const

const cases: readonly (readonly [name: string, before: Look, after: Look, said: readonly string[]])[] = [
  ['nothing of what was there', seen(open), seen(open), []],
  ['a new pull request', seen(), seen(open), ['#1 “Release” is opened']],
  [
    'one that was merged between two looks',
    seen(),
    seen({ ...open, state: 'merged' }),
    ['#1 “Release” is opened', '#1 “Release” is merged'],
  ],
  ['a merge', seen(open), seen({ ...open, state: 'merged' }), ['#1 “Release” is merged']],
  ['a pull request opened again', seen({ ...open, state: 'closed' }), seen(open), ['#1 “Release” is opened again']],
  ['a new head and title', seen(open), seen({ ...open, title: 'Newer', head: 'b' }), ['#1 “Newer” has a new head']],
  [
    'a comment and its answer',
    seen(open),
    seen(open, bob, { ...bot, isDiff: false }),
    ['bob comments on #1', 'Lotse comments on #1'],
  ],
  ['what a pull request changes', seen(open), seen(open, { ...bot, isDiff: true }), ['Lotse says what #1 changes']],
  [
    'each new state of a deployment',
    deployed('in_progress'),
    deployed('in_progress', 'failure', 'in_progress', 'success', 'inactive'),
    [
      'production could not be made to look like abcdef0: failure it is',
      'production syncs abcdef0',
      'production looks like abcdef0',
    ],
  ],
]
for (const [name, before, after, said] of cases) {
  test(`happenings says ${name}`, () => assert.deepEqual(happenings(before, after), said))
}

test('newHeads are those of open pull requests that were not there', () => {
  assert.deepEqual(newHeads(seen(), seen(open)), [{ number: 1, head: 'a' }])
  assert.deepEqual(newHeads(seen(open), seen({ ...open, head: 'b' })), [{ number: 1, head: 'b' }])
  assert.deepEqual(newHeads(seen(open), seen(open)), [])
  assert.deepEqual(newHeads(seen(), seen({ ...open, state: 'closed' })), [])
})

/** Pull request 1, if it is there, and comments by their place. */
function seen(pull?: PullLook, ...comments: readonly CommentLook[]): Look {
  return {
    pulls: new Map(pull === undefined ? [] : [[1, pull]]),
    comments: new Map(comments.entries()),
    deployments: new Map(),
  }
}

/** One deployment, as far as it got. */
function deployed(...states: readonly DeploymentLook['states'][number]['state'][]): Look {
  const told = states.map((state) => ({ state, description: `${state} it is` }))
  return { ...seen(), deployments: new Map([[7, { environment: 'production', commit: 'abcdef0123', states: told }]]) }
}
