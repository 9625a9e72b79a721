import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { type Duplex } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { type HttpRoute, type HttpServer, type HttpUpgrade, startHttp } from '../../src/runtime/http.ts'
import { silentLogger } from '../../src/runtime/log.ts'

const routes: readonly HttpRoute[] = [
  {
    method: 'POST',
    path: '/echo',
    maxBytes: 10,
    handle: async ({ body, url }) => ({ status: 202, body: { bytes: [...body], query: url.search } }),
  },
  {
    method: 'GET',
    path: '/broken',
    handle: async () => {
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

test('a route gets what stands in its path', async (t) => {
  const host: HttpRoute = {
    method: 'GET',
    path: '/registry/{host}/tags',
    handle: async ({ params }) => ({ status: 200, body: params }),
  }
  const { url } = await serve(t, [host])
  assert.deepEqual(await (await fetch(`${url}/registry/ghcr.io%3A443/tags`)).json(), { host: 'ghcr.io:443' })
  assert.equal((await fetch(`${url}/registry/ghcr.io/tags/more`)).status, 404)
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
  const slow: HttpRoute = {
    method: 'GET',
    path: '/slow',
    async handle() {
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

test('startHttp refuses a port that is taken, and names the setting', async (t) => {
  const { url } = await serve(t)
  const port = Number(new URL(url).port)
  await assert.rejects(startHttp({ host: '127.0.0.1', port, routes, log: silentLogger }), {
    name: 'UserError',
    message: `expected a free port, but ${port} on 127.0.0.1 is in use`,
    help: /PORT/,
  })
})

test('startHttp refuses a host that is not of this machine, and names the setting', async () => {
  // 192.0.2.0/24 is for documentation: no machine has it.
  await assert.rejects(startHttp({ host: '192.0.2.1', port: 0, routes, log: silentLogger }), {
    name: 'UserError',
    message: 'expected an address of this machine, got `192.0.2.1` (EADDRNOTAVAIL)',
    help: /HOST/,
  })
})

const shout: HttpUpgrade = {
  path: '/shout',
  handle(_request, socket) {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n')
    socket.on('error', () => {}).on('data', (data: Buffer) => socket.write(data.toString().toUpperCase()))
  },
}

test('an upgrade gets the socket of its path', async (t) => {
  const { url } = await serve(t, routes, [shout])
  const socket = await upgrade(t, `${url}/shout?loud`)
  socket.write('hello')
  assert.equal(String((await once(socket, 'data'))[0]), 'HELLO')
})

test('a request that offers an upgrade where there is none is answered as any other', async (t) => {
  const { url } = await serve(t, routes, [shout])
  const headers = { connection: 'Upgrade', upgrade: 'shout' }
  for (const [path, status] of [
    ['/healthz', 200],
    ['/none', 404],
  ] as const) {
    const answer = await response(request(url + path, { headers }).end())
    answer.resume()
    assert.equal(answer.statusCode, status)
  }
})

test('close ends what was upgraded', async (t) => {
  const server = await serve(t, routes, [shout])
  const socket = await upgrade(t, `${server.url}/shout`)
  const ended = once(socket.resume(), 'close')
  await server.close()
  await ended
})

async function upgrade(t: TestContext, url: string): Promise<Duplex> {
  const sent = request(url, { headers: { connection: 'Upgrade', upgrade: 'shout' } }).end()
  const [, socket] = (await once(sent, 'upgrade')) as [IncomingMessage, Duplex]
  t.after(() => socket.destroy())
  return socket
}

async function serve(
  t: TestContext,
  own: readonly HttpRoute[] = routes,
  upgrades: readonly HttpUpgrade[] = [],
): Promise<HttpServer> {
  const ready = async () => false
  const server = await startHttp({ host: '127.0.0.1', port: 0, routes: own, upgrades, log: silentLogger, ready })
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
