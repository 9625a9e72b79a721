import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, beforeEach, describe, test } from 'node:test'
import { serve } from '../../src/bot/routes.ts'
import { openDatabase } from '../../src/io/store/database.ts'
import { sign } from '../../src/sandbox/github/webhooks/send.ts'
import { openTestDatabase, testPlace, testSchema } from '../io/store/test-database.ts'
import { clear, testDeps, testSettings, webhookSecret } from './ground.ts'

const database = await openTestDatabase()
const deps = await testDeps(database)
const server = await serve(deps, testSettings())
after(async () => {
  await server.close()
  await deps.jobs.stop()
})
beforeEach(async () => clear(deps))

describe('the bot answers', () => {
  const rows: readonly (readonly [name: string, method: string, path: string, status: number, allow: string | null])[] =
    [
      ['a look at the address of the webhooks', 'GET', '/webhooks/github', 405, 'POST'],
      ['a look at the address of the notifications', 'GET', '/webhooks/registry/ghcr.io', 405, 'POST, OPTIONS'],
      ['a webhook for no registry', 'POST', '/webhooks/registry', 404, null],
      ['a webhook for nobody', 'POST', '/webhooks', 404, null],
      ['the path that Probot has by default', 'POST', '/api/github/webhooks', 404, null],
      ['the root', 'GET', '/', 404, null],
      ['a path that climbs out', 'GET', '/metrics/../../etc/passwd', 404, null],
      ['something written to the metrics', 'POST', '/metrics', 405, 'GET'],
      ['the health probe', 'GET', '/healthz', 200, null],
      ['the readiness probe', 'GET', '/readyz', 200, null],
      ['a look at the head of the health probe', 'HEAD', '/healthz', 200, null],
    ]
  for (const [name, method, path, status, allow] of rows) {
    test(`${name}: ${status}`, async () => {
      const response = await fetch(server.url + path, { method })
      assert.deepEqual([response.status, response.headers.get('allow')], [status, allow])
    })
  }

  test('with the jobs that wait, as Prometheus reads it', async () => {
    await deps.jobs.ask('release', '1')
    await deps.jobs.ask('release', '2')
    await deps.jobs.ask('automerge', '1#2', { afterMs: 60_000 })
    const response = await fetch(`${server.url}/metrics`)
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain/)
    assert.equal(
      await response.text(),
      [
        '# HELP lotse_jobs Jobs that wait, are to be tried again, or run.',
        '# TYPE lotse_jobs gauge',
        'lotse_jobs{journey="automerge",state="waiting"} 1',
        'lotse_jobs{journey="release",state="waiting"} 2',
        '# HELP lotse_agents_connected Agents that are connected to this process.',
        '# TYPE lotse_agents_connected gauge',
        'lotse_agents_connected 0',
        '',
      ].join('\n'),
    )
  })
})

test('the metrics say how many pulls are left, of registries that say so', async (t) => {
  const pullsLeft = new Map([['docker.io', 76]])
  const own = await serve({ ...deps, registry: { ...deps.registry, pullsLeft: () => pullsLeft } }, testSettings())
  t.after(own.close)
  const text = await (await fetch(`${own.url}/metrics`)).text()
  assert.match(text, /^lotse_registry_pulls_left\{registry="docker\.io"\} 76$/m)
})

test('without its database the bot lives, is not ready, and takes no webhook', async (t) => {
  const gone = await openDatabase(testPlace, { schema: testSchema() })
  const theirs = await testDeps(gone)
  const own = await serve(theirs, testSettings())
  t.after(own.close)
  await theirs.jobs.stop()
  await gone.execute(`drop schema ${gone.schema} cascade; drop schema ${gone.schema}_jobs cascade`)
  await gone.close()
  const probe = async (path: string): Promise<number> => (await fetch(own.url + path)).status
  assert.deepEqual([await probe('/healthz'), await probe('/readyz')], [200, 503])
  const headers = {
    'x-github-delivery': randomUUID(),
    'x-github-event': 'ping',
    'x-hub-signature-256': sign(webhookSecret, '{}'),
  }
  const webhook = await fetch(`${own.url}/webhooks/github`, { method: 'POST', headers, body: '{}' })
  assert.equal(webhook.status, 500)
})
