import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { type HttpServer, listen, type Route } from '../../src/runtime/http.ts'
import { silentLogger } from '../../src/runtime/log.ts'

const routes: readonly Route[] = [
  {
    method: 'POST',
    path: '/echo',
    maxBytes: 10,
    answer: async ({ body, url }) => ({ status: 202, body: { bytes: [...body], query: url.search } }),
  },
  {
    method: 'GET',
    path: '/broken',
    answer: async () => {
      throw new Error('secret detail')
    },
  },
]

test('a route gets the bytes as they were sent', async (t) => {
  const { url } = await serve(t)
  const answer = await fetch(`${url}/echo?a=b`, { method: 'POST', body: Uint8Array.of(0, 255) })
  assert.equal(answer.status, 202)
  assert.deepEqual(await answer.json(), { bytes: [0, 255], query: '?a=b' })
})

const cases: readonly (readonly [name: string, method: string, path: string, status: number, body: unknown])[] = [
  ['an unknown path', 'GET', '/none', 404, { error: 'there is nothing here' }],
  ['another method', 'PUT', '/echo', 405, { error: 'this method is not answered here' }],
  ['a failing route, without its reason', 'GET', '/broken', 500, { error: 'internal error' }],
  ['the health probe', 'GET', '/healthz', 200, { ok: true }],
  ['the readiness probe, while it is not ready', 'GET', '/readyz', 503, { ok: false }],
]
for (const [name, method, path, status, body] of cases) {
  test(`the server answers ${name}`, async (t) => {
    const { url } = await serve(t)
    const answer = await fetch(url + path, { method })
    assert.deepEqual([answer.status, await answer.json()], [status, body])
  })
}

test('a body that is declared too large is refused before it is sent', async (t) => {
  const { url } = await serve(t)
  const sent = post(url, { 'content-length': '11' })
  sent.flushHeaders()
  assert.equal((await response(sent)).statusCode, 413)
  sent.destroy()
})

test('a body that turns out too large is refused', async (t) => {
  const { url } = await serve(t)
  const sent = post(url, { 'transfer-encoding': 'chunked' })
  sent.write('x'.repeat(11))
  assert.equal((await response(sent)).statusCode, 413)
  sent.destroy()
})

test('close answers what runs and ends connections that are kept alive', async (t) => {
  const gate = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  const slow: Route = {
    method: 'GET',
    path: '/slow',
    async answer() {
      reached.resolve()
      await gate.promise
      return { status: 200, body: 'done' }
    },
  }
  const server = await serve(t, [slow])
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const idle = request(`${server.url}/healthz`, { agent }).end()
  ;(await response(idle)).resume()
  const answer = fetch(`${server.url}/slow`)
  await reached.promise
  const closed = server.close()
  gate.resolve()
  assert.equal(await (await answer).text(), 'done')
  await closed
})

test('listen refuses a port that is taken', async (t) => {
  const { url } = await serve(t)
  const deps = { log: silentLogger, routes, ready: async () => false }
  await assert.rejects(listen(deps, { host: '127.0.0.1', port: Number(new URL(url).port) }), { code: 'EADDRINUSE' })
})

async function serve(t: TestContext, own: readonly Route[] = routes): Promise<HttpServer> {
  const deps = { log: silentLogger, routes: own, ready: async () => false }
  const server = await listen(deps, { host: '127.0.0.1', port: 0 })
  t.after(async () => server.close())
  return server
}

function post(url: string, headers: Readonly<Record<string, string>>): ClientRequest {
  return request(`${url}/echo`, { method: 'POST', headers: { ...headers } }).on('error', () => {})
}

async function response(sent: ClientRequest): Promise<IncomingMessage> {
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  return answer
}
