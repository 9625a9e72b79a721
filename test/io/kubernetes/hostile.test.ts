import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { once } from 'node:events'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createKubernetes } from '../../../src/io/kubernetes/client.ts'
import { answerJson, configMaps, partial, refusalOf, serve, status, web } from './test-server.ts'

// What a broken proxy, an overloaded API server or somebody in its place could answer.

type Listener = (request: IncomingMessage, response: ServerResponse) => void

const whole = JSON.stringify(partial('web'))
const json = { 'content-type': 'application/json' }

const hostile: readonly { name: string; listener: Listener; is: string; retryAfterMs?: number }[] = [
  {
    name: 'JSON that is cut',
    listener: (_, response) => response.writeHead(200, json).end(whole.slice(0, 40)),
    is: 'bad-answer',
  },
  {
    name: 'less than it promised',
    listener: (_, response) => {
      response.writeHead(200, { ...json, 'content-length': whole.length })
      response.write(whole.slice(0, 40), () => response.destroy())
    },
    is: 'unreachable',
  },
  {
    name: 'packed JSON that is cut',
    listener: (_, response) =>
      response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipSync(whole).subarray(0, 20)),
    is: 'bad-answer',
  },
  {
    name: 'JSON under another name',
    listener: (_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).end(whole),
    is: 'bad-answer',
  },
  {
    name: 'a page to log in',
    listener: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    is: 'bad-answer',
  },
  {
    name: 'a page that says 404',
    listener: (_, response) => response.writeHead(404, { 'content-type': 'text/html' }).end('<html>404'),
    is: 'bad-answer',
  },
  {
    name: 'the 404 of a server that is none of Kubernetes',
    listener: (_, response) => answerJson(response, { error: 'not found' }, 404),
    is: 'bad-answer',
  },
  {
    name: 'a redirect',
    listener: (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    is: 'bad-answer',
  },
  {
    name: 'an object without a UID',
    listener: (_, response) => answerJson(response, { metadata: { name: 'web', resourceVersion: '7' } }),
    is: 'bad-answer',
  },
  { name: 'nothing', listener: (_, response) => response.destroy(), is: 'unreachable' },
  { name: 'nothing, and no end of it', listener: () => undefined, is: 'timed-out' },
  {
    name: 'a beginning, and no end of it',
    listener: (_, response) => void response.writeHead(200, json).write('{'),
    is: 'timed-out',
  },
  {
    name: 'more than we hold',
    listener: (_, response) => answerJson(response, { ...partial('web'), more: 'x'.repeat(200_000) }),
    is: 'answer-too-large',
  },
  {
    name: 'more than we hold, packed small',
    listener: (_, response) =>
      response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000))),
    is: 'answer-too-large',
  },
  {
    name: '429 with a time',
    listener: (_, response) => {
      response.writeHead(429, { ...json, 'retry-after': '3' }).end(JSON.stringify(status(429, 'TooManyRequests')))
    },
    is: 'throttled',
    retryAfterMs: 3000,
  },
  {
    name: '429 for a year',
    listener: (_, response) => void response.writeHead(429, { 'retry-after': '31536000' }).end(),
    is: 'throttled',
    retryAfterMs: 3_600_000,
  },
  { name: '502 of a proxy', listener: (_, response) => response.writeHead(502).end('<html>'), is: 'unavailable' },
  { name: '403 of a proxy', listener: (_, response) => response.writeHead(403).end('<html>'), is: 'forbidden' },
  {
    name: '410 for one object',
    listener: (_, response) => answerJson(response, status(410, 'Gone'), 410),
    is: 'expired',
  },
]

for (const { name, listener, is, retryAfterMs } of hostile) {
  test(`an answer of ${name} is ${is}, never absent`, async (t) => {
    // Only the two that never end meet the limit of time.
    const timeoutMs = is === 'timed-out' ? 50 : 10_000
    const { kubernetes } = await serve(t, listener, { limits: { bodyBytes: 100_000, timeoutMs } })
    const error = await refusalOf(kubernetes.getMetadata(configMaps, web))
    assert.deepEqual([error.class, error.retryAfterMs], [is, retryAfterMs], error.message)
  })
}

test('a server that asks for patience is asked again when it said', async (t) => {
  const waited: number[] = []
  const { kubernetes, seen } = await serve(
    t,
    (_, response) => {
      if (seen.length === 3) return answerJson(response, partial('web'))
      return void response.writeHead(seen.length === 1 ? 429 : 503, { 'retry-after': '2' }).end()
    },
    { waited },
  )
  assert.equal((await kubernetes.getMetadata(configMaps, web))?.name, 'web')
  assert.deepEqual(waited, [2500, 2500])
})

const impatient: readonly { name: string; listener: Listener; requests: number }[] = [
  { name: 'for ever', listener: (_, response) => response.writeHead(429, { 'retry-after': '1' }).end(), requests: 4 },
  { name: 'for long', listener: (_, response) => response.writeHead(429, { 'retry-after': '11' }).end(), requests: 1 },
  { name: 'without a time', listener: (_, response) => response.writeHead(503).end(), requests: 1 },
]
for (const { name, listener, requests } of impatient) {
  test(`a server that asks for patience ${name} is left to who asked`, async (t) => {
    const { kubernetes } = await serve(t, listener)
    assert.equal((await refusalOf(kubernetes.getMetadata(configMaps, web))).turn, 'time')
    assert.deepEqual(kubernetes.requests(), { get: requests })
  })
}

test('a packed answer is unpacked', async (t) => {
  const { kubernetes } = await serve(t, (request, response) => {
    assert.equal(request.headers['accept-encoding'], 'gzip')
    response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipSync(whole))
  })
  assert.equal((await kubernetes.getMetadata(configMaps, web))?.uid, 'uid-of-web')
})

test('nobody at the address is unreachable, and time heals it', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address !== 'string')
  server.close()
  await once(server, 'close')
  const kubernetes = createKubernetes({
    server: `http://127.0.0.1:${address.port}`,
    credentials: { kind: 'none' },
  })
  const { class: is, turn, message } = await refusalOf(kubernetes.version())
  assert.deepEqual([is, turn], ['unreachable', 'time'])
  assert.match(message, /could not be reached for GET \/version \(ECONNREFUSED\)/)
})

test('an idle connection that the server closes as it is taken costs nothing', async (t) => {
  let requests = 0
  const { kubernetes, server } = await serve(t, (request, response) => {
    requests += 1
    // The second request on a connection finds it closed.
    if (requests === 2) request.socket.resetAndDestroy()
    else answerJson(response, partial('web'))
  })
  server.keepAliveTimeout = 60_000
  await kubernetes.getMetadata(configMaps, web)
  await kubernetes.getMetadata(configMaps, web)
  assert.equal(requests, 3)
  assert.deepEqual(kubernetes.requests(), { get: 3 })
})

test('a token that the server repeats is not in the message', async (t) => {
  const { kubernetes } = await serve(
    t,
    (request, response) =>
      answerJson(response, status(422, 'Invalid', { message: request.headers.authorization }), 422),
    { credentials: { kind: 'token', token: { text: 'abc.def' } } },
  )
  const error = await refusalOf(kubernetes.getMetadata(configMaps, web))
  assert.equal(error.message, 'Bearer •••')
})

test('a path of the server is kept, and names do not leave theirs', async (t) => {
  const { kubernetes, seen } = await serve(t, (_, response) => answerJson(response, partial('web')), {
    below: '/k8s/clusters/c-1/',
  })
  await kubernetes.getMetadata(configMaps, { namespace: 'demo', name: 'a/../b?c#d%2e' })
  assert.deepEqual(seen, ['GET /k8s/clusters/c-1/api/v1/namespaces/demo/configmaps/a%2F..%2Fb%3Fc%23d%252e'])
  for (const name of ['..', '.', '']) {
    assert.equal((await refusalOf(kubernetes.getMetadata(configMaps, { namespace: 'demo', name }))).class, 'invalid')
    assert.equal(
      (await refusalOf(kubernetes.getMetadata(configMaps, { namespace: name, name: 'web' }))).class,
      'invalid',
    )
  }
  assert.equal(seen.length, 1)
})

test('many requests at once are few, and fewer after a refusal', async (t) => {
  let running = 0
  let most = 0
  let throttled = true
  const { kubernetes } = await serve(
    t,
    (_, response) => {
      running += 1
      most = Math.max(most, running)
      setImmediate(() => {
        running -= 1
        answerJson(response, throttled ? status(429, 'TooManyRequests') : partial('web'), throttled ? 429 : 200)
      })
    },
    { limits: { requests: 8 } },
  )
  const ask = async (): Promise<unknown> => kubernetes.getMetadata(configMaps, web).catch(() => undefined)
  await Promise.all(Array.from({ length: 8 }, ask))
  throttled = false
  most = 0
  await Promise.all(Array.from({ length: 6 }, ask))
  assert.ok(most <= 4, `${most}`)
})
