import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCommentId, parseUserId } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import {
  type KnownComment,
  doneLines,
  finishCommand,
  keepComment,
  readComment,
} from '../../../src/io/store/comments.ts'
import { openMigrated, pullNumber, repoId } from './migrated.ts'

const database = await openMigrated()

const comment: KnownComment = {
  id: guaranteed(parseCommentId(2 ** 50)),
  repository: repoId(11),
  number: pullNumber(3),
  author: guaranteed(parseUserId(7)),
  authorType: 'User',
  login: 'bob',
  body: 'Hi ✓\r\n\r\n/lotse why',
  createdAt: '2026-11-22T23:59:59Z',
}

test('a comment comes back as it was kept', async () => {
  assert.equal(await readComment(database, comment.id), undefined)
  await keepComment(database, comment)
  assert.deepEqual(await readComment(database, comment.id), comment)
})

test('a comment stays as it was kept first', async () => {
  await keepComment(database, comment)
  await keepComment(database, { ...comment, body: '/lotse help', author: guaranteed(parseUserId(8)) })
  assert.deepEqual(await readComment(database, comment.id), comment)
})

test('a comment keeps its time, in whatever zone the database is', async () => {
  await database.transaction(async (inside) => {
    await inside.query("set local time zone 'Pacific/Auckland'")
    await keepComment(inside, comment)
    assert.equal((await readComment(inside, comment.id))?.createdAt, comment.createdAt)
  })
})

test('what no text of the database can hold is kept as what shows in its place', async () => {
  await keepComment(database, { ...comment, body: '/lotse why\0', login: 'b\ud800b' })
  const { body, login } = (await readComment(database, comment.id)) ?? {}
  assert.deepEqual([body, login], ['/lotse why\ufffd', 'b\ufffdb'])
})

test('each line of a comment is done once', async () => {
  await finishCommand(database, comment.id, 3)
  await finishCommand(database, comment.id, 1)
  await finishCommand(database, comment.id, 3)
  assert.deepEqual(await doneLines(database, comment.id), new Set([1, 3]))
  assert.deepEqual(await doneLines(database, guaranteed(parseCommentId(1))), new Set())
})
