import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { type Duplex } from 'node:stream'
import { UserError } from '../core/user-error.ts'
import { type Logger } from './log.ts'

export type HttpRequest = {
  readonly url: URL
  /** What stood in the path for `{name}`. */
  readonly params: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** As it was sent: signatures are over bytes. */
  readonly body: Uint8Array
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
}

export type HttpAnswer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent as text, anything else as JSON. */
  readonly body?: unknown
}

export type HttpRoute = {
  readonly method: 'GET' | 'POST' | 'OPTIONS'
  /** `/webhooks/registry/{host}` */
  readonly path: string
  /** The largest body that is read; default 0. */
  readonly maxBytes?: number
  readonly handle: (request: HttpRequest) => Promise<HttpAnswer>
}

/** A path where a connection becomes something else than HTTP: what happens on the socket is the handler's. */
export type HttpUpgrade = {
  readonly path: string
  readonly handle: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

export type HttpOptions = {
  readonly host: string
  /** 0 picks a free one: see the server's `url`. */
  readonly port: number
  readonly routes: readonly HttpRoute[]
  /** Their sockets are closed with the server. */
  readonly upgrades?: readonly HttpUpgrade[]
  readonly log: Logger
  /** Whether traffic should come: `/readyz`. `/healthz` only says that the process answers. */
  readonly ready?: () => Promise<boolean>
}

export type HttpServer = { readonly url: string; readonly close: () => Promise<void> }

type Serving = { readonly routes: readonly HttpRoute[]; readonly log: Logger }

export async function startHttp({
  host,
  port,
  routes,
  upgrades = [],
  log,
  ready = async () => true,
}: HttpOptions): Promise<HttpServer> {
  const serving = { routes: [...routes, ...probes(ready)], log }
  // Any other request that offers an upgrade, as curl does with HTTP/2, is answered as if it had not.
  const shouldUpgradeCallback = (request: IncomingMessage): boolean => upgradeOf(upgrades, request) !== undefined
  const server = createServer({ shouldUpgradeCallback }, (request, response) => void serve(serving, request, response))
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket.once('close', () => upgraded.delete(socket)))
    upgradeOf(upgrades, request)?.handle(request, socket, head)
  })
  // A webhook of 25 MB over a slow line takes its time, a stalled one must not keep a connection for ever.
  Object.assign(server, {
    requestTimeout: 60_000,
    headersTimeout: 10_000,
    keepAliveTimeout: 5000,
    maxHeadersCount: 100,
  })
  await listen(server, { host, port })
  const bound = server.address() as AddressInfo
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return { url: `http://${name}:${bound.port}`, close: async () => close(server, upgraded) }
}

type Address = { readonly host: string; readonly port: number }

async function listen(server: Server, address: Address): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(address.port, address.host, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (cause) {
    throw cannotListen(address, cause)
  }
}

function cannotListen({ host, port }: Address, cause: unknown): UserError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
  if (code === 'EADDRINUSE') {
    const help = 'Stop the process that listens there, or choose another PORT.'
    return new UserError(`expected a free port, but ${port} on ${host} is in use`, { help, cause })
  }
  if (code === 'EACCES') {
    const help = 'Choose a PORT of 1024 or above; those below are not for everybody.'
    return new UserError(`the port ${port} on ${host} may not be listened on`, { help, cause })
  }
  const help = 'Set HOST to an address of this machine: `0.0.0.0` is all of them, `127.0.0.1` is for itself only.'
  return new UserError(`expected an address of this machine, got \`${host}\` (${code})`, { help, cause })
}

function upgradeOf(upgrades: readonly HttpUpgrade[], { method, url }: IncomingMessage): HttpUpgrade | undefined {
  const path = url?.split('?', 1)[0]
  return upgrades.find((upgrade) => method === 'GET' && upgrade.path === path)
}

function probes(ready: () => Promise<boolean>): readonly HttpRoute[] {
  const answer = (ok: boolean): HttpAnswer => ({ status: ok ? 200 : 503, body: { ok } })
  return [
    { method: 'GET', path: '/healthz', handle: async () => answer(true) },
    { method: 'GET', path: '/readyz', handle: async () => answer(await ready()) },
  ]
}

async function serve({ log, routes }: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    send(response, await answerOf(routes, request, gone.signal))
  } catch (error) {
    if (gone.signal.aborted) return
    log.error({ err: error, method: request.method, path: request.url?.split('?')[0] }, 'request failed')
    send(response, { status: 500, body: { error: 'internal error' } })
  }
}

async function answerOf(
  routes: readonly HttpRoute[],
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const url = URL.parse(request.url ?? '', 'http://localhost')
  if (url === null) return refusal(400, 'the address cannot be read')
  const here = routes.flatMap((route) => {
    const params = match(route.path, url.pathname)
    return params === undefined ? [] : [{ route, params }]
  })
  if (here.length === 0) return refusal(404, 'there is nothing here')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const found = here.find(({ route }) => route.method === method)
  if (found === undefined) {
    return {
      ...refusal(405, 'this method is not answered here'),
      headers: { allow: here.map(({ route }) => route.method).join(', ') },
    }
  }
  const { route, params } = found
  const body = await readBody(request, route.maxBytes ?? 0)
  if (body === 'too large') return refusal(413, `the body is larger than ${route.maxBytes ?? 0} bytes`)
  return route.handle({ url, params, headers: request.headers, body, signal })
}

/** What `{name}` stands for, or undefined when it is another path. */
function match(template: string, path: string): Readonly<Record<string, string>> | undefined {
  const names = template.split('/')
  const parts = path.split('/')
  if (names.length !== parts.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, name] of names.entries()) {
    const part = parts[index] ?? ''
    if (!name.startsWith('{') && name !== part) return undefined
    if (name.startsWith('{')) params[name.slice(1, -1)] = decode(part)
  }
  return params
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** A length that is declared is refused before a byte is read; one that is not, at the first byte too many. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | 'too large'> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'too large'
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > maxBytes) return 'too large'
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function refusal(status: number, error: string): HttpAnswer {
  return { status, body: { error } }
}

function send(response: ServerResponse, { status, headers = {}, body }: HttpAnswer): void {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
  // What is left of a refused body is not waited for: the connection cannot be used again.
  const unread = !response.req.complete
  response.writeHead(status, {
    ...(body === undefined ? {} : { 'content-type': type }),
    'content-length': Buffer.byteLength(text),
    'x-content-type-options': 'nosniff',
    ...(unread ? { connection: 'close' } : {}),
    ...headers,
  })
  response.end(response.req.method === 'HEAD' ? undefined : text)
}

/** Running requests are answered, idle connections and those that were upgraded end at once. */
async function close(server: Server, upgraded: ReadonlySet<Duplex>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  for (const socket of upgraded) socket.destroy()
  await closed
}
