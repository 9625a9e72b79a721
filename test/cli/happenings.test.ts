import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CommentLook, type Look, type PullLook, happenings, newHeads } from '../../src/cli/demo/happenings.ts'

const open: PullLook = { title: 'Release', state: 'open', head: 'a' }

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
    seen(open, { pull: 1, author: 'bob', byBot: false }, { pull: 1, author: 'lotse[bot]', byBot: true }),
    ['bob comments on #1', '#1 is answered'],
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
  return { pulls: new Map(pull === undefined ? [] : [[1, pull]]), comments: new Map(comments.entries()) }
}
