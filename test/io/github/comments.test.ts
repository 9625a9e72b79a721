import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCommentId, parseUserId } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { createComment, editComment, listOwnComments, react } from '../../../src/io/github/comments.ts'
import { fullName, name, openGround, pullNumber } from './ground.ts'

const { sandbox, github, installation, repository, app } = await openGround()
const octokit = await github.as({ installation, repository, profile: 'chat' })
const bob = sandbox.person('bob')
await bob.push(fullName, { branch: 'topic', create: true, files: { 'note.md': 'x' } })
await bob.openPull(fullName, { head: 'topic', title: 'Note' })

const number = pullNumber(1)
const own = { bot: guaranteed(parseUserId(app.botUserId)), since: '2020-01-01T00:00:00Z' }

async function bodies(): Promise<readonly string[]> {
  return (await listOwnComments(octokit, name, number, own)).map(({ body }) => body)
}

test('our comments are known by our id, whatever others write', async () => {
  await createComment(octokit, name, number, 'first <!-- lotse:reply -->')
  await bob.comment(fullName, 1, 'first <!-- lotse:reply -->')
  await createComment(octokit, name, number, 'second')
  assert.deepEqual(await bodies(), ['first <!-- lotse:reply -->', 'second'])
})

test('a comment is edited in place', async () => {
  const [first] = await listOwnComments(octokit, name, number, own)
  assert.ok(first !== undefined)
  await editComment(octokit, name, first.id, 'edited')
  assert.deepEqual(await bodies(), ['edited', 'second'])
})

test('our comments are found behind a page of others', async () => {
  for (let i = 0; i < 110; i++) await bob.comment(fullName, 1, `talk ${i}`)
  await createComment(octokit, name, number, 'last')
  assert.deepEqual(await bodies(), ['edited', 'second', 'last'])
})

test('a reaction that was given is not given again', async () => {
  const { id, reactions } = await bob.comment(fullName, 1, '/lotse why')
  await react(octokit, name, guaranteed(parseCommentId(id)), 'rocket')
  await react(octokit, name, guaranteed(parseCommentId(id)), 'rocket')
  assert.deepEqual(
    reactions.map(({ content }) => content),
    ['rocket'],
  )
})
