import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { Probot } from 'probot'
import { app } from '../../src/bot/app.ts'
import { delivery } from '../../src/bot/journeys/delivery.ts'
import { journeys } from '../../src/bot/keys.ts'
import { keepDelivery, openDeliveries } from '../../src/io/store/deliveries.ts'
import { createJobs } from '../../src/runtime/jobs.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { openTestDatabase } from '../io/store/test-database.ts'
import { asked, clear, testDeps, testSettings, webhookSecret } from './ground.ts'

const settings = testSettings()
const database = await openTestDatabase()
const deps = await testDeps(database, settings)
const probot = new Probot({
  appId: settings.github.appId,
  privateKey: settings.github.privateKey.reveal(),
  secret: webhookSecret,
  log: silentLogger,
})
app(probot, deps)
after(async () => deps.jobs.stop())
beforeEach(async () => clear(deps))

const guid = '4f3c2b1a-0000-4000-8000-000000000001'
const push = { ref: 'refs/heads/main', repository: { id: 11, default_branch: 'main' } }

async function keep(event: string, payload: unknown, id = guid): Promise<void> {
  await keepDelivery(database, { guid: id, event, payload: JSON.stringify(payload) })
}

test('a delivery is handed on once, however often it is asked for', async () => {
  await keep('push', push)
  await delivery(deps, probot, guid)
  assert.deepEqual(await asked(deps), ['release 11'])
  await database.execute(`delete from ${database.schema}_jobs.job`)
  await delivery(deps, probot, guid)
  assert.deepEqual(await asked(deps), [])
})

test('a delivery that nobody kept is nothing', async () => {
  await delivery(deps, probot, guid)
  assert.deepEqual(await asked(deps), [])
})

/** Everything here is signed, so only GitHub itself could send it; the bot outlives it all the same. */
describe('a payload that does not fit its event harms nobody else:', () => {
  const rows: readonly (readonly [name: string, event: string, payload: unknown])[] = [
    ['nothing in it', 'push', {}],
    ['a repository that is null', 'push', { ref: 'refs/heads/main', repository: null }],
    ['a repository without an id', 'push', { ...push, repository: { default_branch: 'main' } }],
    ['an id that is a text', 'push', { ...push, repository: { id: '1; drop table', default_branch: 'main' } }],
    ['an id that no number holds', 'push', { ...push, repository: { id: 2 ** 60, default_branch: 'main' } }],
    ['an id below zero', 'push', { ...push, repository: { id: -1, default_branch: 'main' } }],
    ['no pull request', 'pull_request', { action: 'opened', repository: { id: 11 } }],
    [
      'a number that is an object',
      'pull_request',
      { action: 'opened', repository: { id: 11 }, pull_request: { number: {} } },
    ],
    ['a commit that is none', 'status', { repository: { id: 11 }, sha: 'main' }],
    ['a check run that is a list', 'check_run', { action: 'completed', repository: { id: 11 }, check_run: [] }],
    [
      'a comment without a body',
      'issue_comment',
      { action: 'created', installation: { id: 5 }, comment: { user: {} }, issue: {} },
    ],
    ['an action that is an object', 'pull_request', { action: { toString: 1 }, repository: { id: 11 } }],
    ['an action of every object', 'pull_request', { action: 'constructor' }],
    ['an event of every object', 'constructor', {}],
    ['an event that is a prototype', '__proto__', {}],
    ['a payload with a prototype', 'push', JSON.parse('{"__proto__":{"repository":{"id":11}}}')],
    ['a sender that is null', 'check_run', { action: 'completed', sender: null }],
    ['an installation that is null', 'installation', { action: 'created', installation: null }],
  ]
  for (const [name, event, payload] of rows) {
    test(name, async () => {
      const jobs = await createJobs({
        database,
        log: silentLogger,
        random: () => 0.5,
        settings: { tries: 2, backoff: { firstMs: 1, mostMs: 1 }, pollMs: 20 },
      })
      const next = '4f3c2b1a-0000-4000-8000-000000000002'
      const planned = Promise.withResolvers<string>()
      try {
        await keep(event, payload)
        await keep('push', { ...push, repository: { id: 12, default_branch: 'main' } }, next)
        await jobs.work({
          [journeys.delivery]: (key) => delivery(deps, probot, key),
          [journeys.release]: async (key) => planned.resolve(key),
        })
        await jobs.ask(journeys.delivery, guid)
        await jobs.ask(journeys.delivery, next)
        assert.equal(await planned.promise, '12')
        await jobs.settled()
        assert.ok(!(await openDeliveries(database)).includes(next))
      } finally {
        await jobs.stop()
      }
    })
  }
})
