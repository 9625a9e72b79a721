import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { chat } from '../../src/bot/journeys/chat.ts'
import {
  parseBranchName,
  parseCommentId,
  parsePullNumber,
  parseRepoId,
  parseRepoName,
  parseUserId,
} from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { keepComment } from '../../src/io/store/comments.ts'
import { knowRepository } from '../../src/io/store/repositories.ts'
import { openTestDatabase } from '../io/store/test-database.ts'
import { clear, installation, testDeps } from './ground.ts'

const database = await openTestDatabase()
const deps = await testDeps(database)
after(async () => deps.jobs.stop())

const repository = guaranteed(parseRepoId(11))
const id = guaranteed(parseCommentId(99))
const created = Date.parse('2026-11-22T10:00:00Z')

beforeEach(async () => {
  await clear(deps)
  const name = guaranteed(parseRepoName('acme/gitops'))
  const defaultBranch = guaranteed(parseBranchName('main'))
  await knowRepository(database, { id: repository, installation, name, defaultBranch, archived: false })
  await keepComment(database, {
    id,
    repository,
    number: guaranteed(parsePullNumber(3)),
    author: guaranteed(parseUserId(7)),
    authorType: 'User',
    login: 'bob',
    body: '/lotse why',
    createdAt: new Date(created).toISOString(),
  })
})

/** Whether GitHub is asked anything about the comment, so many minutes after it was made. */
async function isLookedAt(minutes: number): Promise<boolean> {
  let asked = false
  const as = async (): Promise<never> => {
    asked = true
    throw new Error('asked')
  }
  const now = (): Date => new Date(created + minutes * 60_000)
  await chat({ ...deps, now, github: { ...deps.github, as } }, `${id}`).catch(() => {})
  return asked
}

describe('a command', () => {
  test('runs in the hour after it was given', async () => assert.equal(await isLookedAt(59), true))
  test('of an hour ago never runs, whatever way it comes', async () => assert.equal(await isLookedAt(61), false))
})
