import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import { listFailedDeliveries, redeliver } from '../../../src/io/github/deliveries.ts'
import { fullName, openGround } from './ground.ts'

const ground = await openGround()
const { sandbox, app, github, clock } = ground

/** What the bot answers to webhooks. */
let status = 202
const server = createServer((request, response) => {
  request.resume()
  response.writeHead(status).end()
})
await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
after(() => {
  server.closeAllConnections()
  server.close()
})
sandbox.setWebhookUrl(app.appId, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)

const bob = sandbox.person('bob')
await bob.push(fullName, { branch: 'topic', create: true, files: { 'note.md': 'x' } })
await bob.openPull(fullName, { head: 'topic', title: 'Note' })
await sandbox.settled()

const minuteMs = 60_000
const start = Date.now()
const ago = (minutes: number): Date => new Date(start - minutes * minuteMs)

beforeEach(() => {
  sandbox.state.deliveries.length = 0
  sandbox.requests.reset()
})

/** Bob comments so many minutes ago, and this is what GitHub was answered; the id of the delivery. */
async function comment(minutes: number, answered: number): Promise<string> {
  status = answered
  clock.sandbox = ago(minutes)
  await bob.comment(fullName, 1, 'hello')
  await sandbox.settled()
  clock.sandbox = undefined
  return sandbox.deliveries.at(-1)?.guid ?? ''
}

/** As GitHub does when it is asked to, so many minutes ago. */
async function again(guid: string, minutes: number, answered: number): Promise<void> {
  status = answered
  clock.sandbox = ago(minutes)
  sandbox.redeliver(sandbox.deliveries.find((delivery) => delivery.guid === guid)?.id ?? 0)
  await sandbox.settled()
  clock.sandbox = undefined
}

async function failed(minutes: number): Promise<readonly string[]> {
  return (await listFailedDeliveries(github.app, ago(minutes))).map(({ guid }) => guid)
}

test('deliveries that failed are found, oldest first, with what they were', async () => {
  const first = await comment(30, 500)
  await comment(20, 202)
  const second = await comment(10, 503)
  const listed = await listFailedDeliveries(github.app, ago(60))
  const at = (minutes: number): Date => new Date(Math.floor(ago(minutes).getTime() / 1000) * 1000)
  assert.deepEqual(
    listed.map(({ guid, event, at }) => ({ guid, event, at })),
    [
      { guid: first, event: 'issue_comment', at: at(30) },
      { guid: second, event: 'issue_comment', at: at(10) },
    ],
  )
})

test('a delivery that was never sent has failed, too', async () => {
  sandbox.faults.loseWebhooks(1)
  const lost = await comment(5, 202)
  assert.deepEqual(await failed(60), [lost])
})

for (const refusal of [400, 401, 413]) {
  test(`what was refused with ${refusal} is not sent again`, async () => {
    const guid = await comment(30, 500)
    await again(guid, 20, 500)
    assert.deepEqual(await failed(60), [guid])
    await again(guid, 10, refusal)
    assert.deepEqual(await failed(60), [])
  })
}

test('what failed before the time that is asked for is left, though it stands on the same page', async () => {
  await comment(90, 500)
  const recent = await comment(30, 500)
  assert.deepEqual(await failed(60), [recent])
})

test('a delivery does not become younger by failing again', async () => {
  const guid = await comment(90, 500)
  await again(guid, 5, 500)
  assert.deepEqual(await failed(60), [])
  const [{ at } = { at: undefined }] = await listFailedDeliveries(github.app, ago(120))
  assert.equal(at?.getTime(), Math.floor(ago(90).getTime() / 1000) * 1000)
})

test('every page is read back to the time that is asked for, and none behind it', async () => {
  const old = await comment(100, 500)
  for (let i = 0; i < 150; i++) await comment(90, 503)
  const recent = await comment(30, 500)
  for (let i = 0; i < 120; i++) await comment(20, 503)
  const pages = async (minutes: number): Promise<unknown> => {
    sandbox.requests.reset()
    const guids = await failed(minutes)
    return { first: guids[0], guids: guids.length, pages: sandbox.requests.count() }
  }
  assert.deepEqual(await pages(10), { first: undefined, guids: 0, pages: 1 })
  assert.deepEqual(await pages(60), { first: recent, guids: 121, pages: 2 })
  assert.deepEqual(await pages(120), { first: old, guids: 272, pages: 3 })
})

test('a failed delivery is sent again with its own id', async () => {
  const guid = await comment(10, 500)
  const [delivery] = await listFailedDeliveries(github.app, ago(60))
  assert.ok(delivery !== undefined)
  status = 202
  await redeliver(github.app, delivery)
  await sandbox.settled()
  assert.deepEqual(
    sandbox.deliveries.map(({ guid: sent, redelivery, statusCode }) => [sent === guid, redelivery, statusCode]),
    [
      [true, false, 500],
      [true, true, 202],
    ],
  )
})
