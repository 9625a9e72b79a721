import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { after, beforeEach, describe, test } from 'node:test'
import { finishDelivery, readDelivery } from '../../src/io/store/deliveries.ts'
import { openDatabase } from '../../src/io/store/database.ts'
import { serve } from '../../src/bot/routes.ts'
import { openTestDatabase, testPlace } from '../io/store/test-database.ts'
import { asked, clear, previousSecret, testDeps, testSettings, webhookSecret } from './ground.ts'

const database = await openTestDatabase()
const deps = await testDeps(database)
const server = await serve(deps, testSettings())
after(async () => {
  await server.close()
  await deps.jobs.stop()
})
beforeEach(async () => clear(deps))

const mostBytes = 25 * 1024 * 1024
const body = '{"zen":"Keep it logically awesome ✓"}'
const unsigned = /WEBHOOK_SECRET/

function hmac(algorithm: 'sha1' | 'sha256', text: string | Uint8Array, secret: string): string {
  return `${algorithm}=${createHmac(algorithm, secret).update(text).digest('hex')}`
}

type Sent = {
  readonly url?: string
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** Signed and complete, unless a test says otherwise; a header that is undefined is not sent. */
async function post({ url = server.url, body: sent = body, headers = {} }: Sent = {}): Promise<{
  readonly status: number
  readonly message: string
}> {
  const all = {
    'content-type': 'application/json',
    'x-github-delivery': randomUUID(),
    'x-github-event': 'ping',
    'x-hub-signature-256': hmac('sha256', sent, webhookSecret),
    ...headers,
  }
  const given = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined)
  const response = await fetch(`${url}/webhooks/github`, { method: 'POST', headers: given, body: sent })
  const answer: { readonly message?: string; readonly error?: string } = JSON.parse(await response.text())
  return { status: response.status, message: answer.message ?? answer.error ?? '' }
}

describe('a webhook of GitHub is refused', () => {
  const signature = hmac('sha256', body, webhookSecret)
  const signatures: readonly (readonly [name: string, headers: Record<string, string | undefined>])[] = [
    ['without a signature', { 'x-hub-signature-256': undefined }],
    ['with an empty signature', { 'x-hub-signature-256': '' }],
    ['signed with another secret', { 'x-hub-signature-256': hmac('sha256', body, 'x'.repeat(40)) }],
    ['signed for another body', { 'x-hub-signature-256': hmac('sha256', `${body} `, webhookSecret) }],
    ['with a signature that is cut', { 'x-hub-signature-256': signature.slice(0, -1) }],
    ['with a signature that goes on', { 'x-hub-signature-256': `${signature}0` }],
    ['with a signature without its algorithm', { 'x-hub-signature-256': signature.slice('sha256='.length) }],
    ['with a signature of many bytes for few letters', { 'x-hub-signature-256': 'é'.repeat(signature.length) }],
    ['signed twice', { 'x-hub-signature-256': `${signature}, ${signature}` }],
    ['signed with SHA-1 in its place', { 'x-hub-signature-256': hmac('sha1', body, webhookSecret) }],
    [
      'signed with SHA-1 only',
      { 'x-hub-signature-256': undefined, 'x-hub-signature': hmac('sha1', body, webhookSecret) },
    ],
  ]
  for (const [name, headers] of signatures) {
    test(name, async () => {
      const { status, message } = await post({ headers })
      assert.equal(status, 401)
      assert.match(message, unsigned)
      assert.deepEqual(await asked(deps), [])
    })
  }

  const ids: readonly (readonly [name: string, headers: Record<string, string | undefined>])[] = [
    ['without an id', { 'x-github-delivery': undefined }],
    ['with an id that is too short', { 'x-github-delivery': 'abc' }],
    ['with an id that is too long', { 'x-github-delivery': 'a'.repeat(65) }],
    ['with an id that is SQL', { 'x-github-delivery': "1'; drop table delivery; --" }],
    ['with an id that is a path', { 'x-github-delivery': '../../../etc/passwd' }],
    ['with two ids', { 'x-github-delivery': `${randomUUID()}, ${randomUUID()}` }],
    ['without an event', { 'x-github-event': undefined }],
    ['with an event in capitals', { 'x-github-event': 'PUSH' }],
    ['with an event that is a path', { 'x-github-event': '../push' }],
    ['with an event that has an action', { 'x-github-event': 'issue_comment.created' }],
    ['with every event at once', { 'x-github-event': '*' }],
  ]
  for (const [name, headers] of ids) {
    test(name, async () => {
      assert.equal((await post({ headers })).status, 400)
      assert.deepEqual(await asked(deps), [])
    })
  }

  const bodies: readonly (readonly [name: string, body: string | Uint8Array<ArrayBuffer>])[] = [
    ['that is empty', ''],
    ['that is no JSON', '{"zen":'],
    ['that is a form', `payload=${encodeURIComponent(body)}`],
    ['that is a list', '[1]'],
    ['that is null', 'null'],
    ['that is a text', '"push"'],
    ['that is no UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
  ]
  for (const [name, sent] of bodies) {
    test(`with a body ${name}, though it is signed`, async () => {
      const { status, message } = await post({ body: sent })
      assert.equal(status, 400)
      assert.match(message, /application\/json/)
      assert.deepEqual(await asked(deps), [])
    })
  }

  test('with a length that is declared too large, before a byte of it is sent', async () => {
    const sent = raw({ 'content-length': `${mostBytes + 1}` })
    sent.flushHeaders()
    assert.equal((await response(sent)).statusCode, 413)
    sent.destroy()
  })

  test('with a length that is not declared, at the first byte too many', async () => {
    const sent = raw({ 'transfer-encoding': 'chunked' })
    sent.write(Buffer.alloc(mostBytes))
    sent.write('x')
    assert.equal((await response(sent)).statusCode, 413)
    sent.destroy()
  })

  test('for its signature and not for its length, when it is as long as GitHub sends', async () => {
    const sent = raw({ 'content-length': `${mostBytes}` })
    sent.end(Buffer.alloc(mostBytes))
    assert.equal((await response(sent)).statusCode, 401)
  })
})

function raw(headers: Readonly<Record<string, string>>) {
  // The server may hang up while we still send: that is what is tested.
  return request(`${server.url}/webhooks/github`, { method: 'POST', headers }).on('error', () => {})
}

async function response(sent: ReturnType<typeof raw>): Promise<IncomingMessage> {
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return answer.resume()
}

describe('a webhook of GitHub is taken', () => {
  for (const [name, secret] of [
    ['the secret', webhookSecret],
    ['the secret before, while it is being changed', previousSecret],
  ] as const) {
    test(`with ${name}`, async () => {
      const headers = { 'x-hub-signature-256': hmac('sha256', body, secret) }
      assert.deepEqual(await post({ headers }), { status: 202, message: 'kept' })
    })
  }

  test('not with the secret before, once it is taken away', async (t) => {
    const own = await serve(deps, testSettings({ WEBHOOK_SECRET_PREVIOUS: undefined }))
    t.after(own.close)
    const headers = { 'x-hub-signature-256': hmac('sha256', body, previousSecret) }
    assert.equal((await post({ url: own.url, headers })).status, 401)
  })

  test('and kept as it was sent, before it is answered', async () => {
    const guid = randomUUID()
    await post({ headers: { 'x-github-delivery': guid } })
    assert.deepEqual(await readDelivery(database, guid), { guid, event: 'ping', payload: body })
    assert.deepEqual(await asked(deps), [`delivery ${guid}`])
  })

  test('again before it was processed, and waits once', async () => {
    const headers = { 'x-github-delivery': randomUUID() }
    await post({ headers })
    assert.deepEqual(await post({ headers }), { status: 202, message: 'kept' })
    assert.deepEqual(await asked(deps), [`delivery ${headers['x-github-delivery']}`])
  })

  test('again before it was processed, and waits also when its job is gone', async () => {
    const headers = { 'x-github-delivery': randomUUID() }
    await post({ headers })
    await database.execute(`delete from ${database.schema}_jobs.job`)
    await post({ headers })
    assert.deepEqual(await asked(deps), [`delivery ${headers['x-github-delivery']}`])
  })

  test('again after it was processed, and not processed again', async () => {
    const headers = { 'x-github-delivery': randomUUID() }
    await post({ headers })
    await finishDelivery(database, headers['x-github-delivery'])
    await database.execute(`delete from ${database.schema}_jobs.job`)
    assert.deepEqual(await post({ headers }), { status: 202, message: 'processed before' })
    assert.deepEqual(await asked(deps), [])
  })

  test('by two replicas at once, and waits once', async (t) => {
    const another = testPlace.kind === 'server' ? await openDatabase(testPlace, { schema: database.schema }) : database
    const others = await testDeps(another)
    const replica = await serve(others, testSettings())
    t.after(async () => {
      await replica.close()
      await others.jobs.stop()
      if (another !== database) await another.close()
    })
    const headers = { 'x-github-delivery': randomUUID() }
    const answers = await Promise.all(
      [server.url, replica.url, server.url, replica.url].map((url) => post({ url, headers })),
    )
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [202])
    assert.deepEqual(await asked(deps), [`delivery ${headers['x-github-delivery']}`])
    assert.equal((await database.query('select from delivery')).length, 1)
  })
})
