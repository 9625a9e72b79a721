import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { type Answer, failure } from './answer.ts'
import { type Authentication, type RegistryAuth, createAuthentication, noAuthentication } from './authentication.ts'
import type { Caps, RegistryState } from './call.ts'
import { type Outbox, type Subscriber, createOutbox } from './notifications.ts'
import { type RequestCounts, createRequestCounts } from './request-counts.ts'
import { type Route, routes } from './routes.ts'
import { createStorage } from './storage.ts'

export type SandboxRegistryOptions = {
  /** Default: a free one. */
  readonly port?: number
  /** Where to listen; default 127.0.0.1. */
  readonly host?: string
  /** Default: everybody may do everything. */
  readonly auth?: RegistryAuth
  readonly notifications?: Subscriber
  /** Most entries of one page of a list; default: as many as the client asks for. */
  readonly pageSize?: number
  readonly caps?: Caps
  /** How long to wait before each further attempt to deliver a notification. */
  readonly retryDelaysMs?: readonly number[]
}

export type SandboxRegistry = {
  readonly url: string
  /** `127.0.0.1:5055`: how an image of this registry starts. */
  readonly host: string
  readonly requests: RequestCounts
  readonly setNotifications: (subscriber: Subscriber | undefined) => void
  /** The next `count` pushes of a tag are never told. */
  readonly loseNotifications: (count: number) => void
  /** The next `count` pushes of a tag are told twice. */
  readonly duplicateNotifications: (count: number) => void
  /** Notifications that were given up, because the subscriber refused every attempt. */
  readonly notificationsGivenUp: () => number
  /** Every notification is delivered or given up. */
  readonly settled: () => Promise<void>
  readonly close: () => Promise<void>
}

const defaultCaps: Caps = { blobBytes: 64 * 1024 * 1024, manifestBytes: 4 * 1024 * 1024 }
const longestName = 255
const nameForm = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/

/** An OCI registry in memory, over real HTTP: https://github.com/opencontainers/distribution-spec. */
export async function startRegistry(options: SandboxRegistryOptions = {}): Promise<SandboxRegistry> {
  const server = createServer()
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the registry listens on no port')
  const host = `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`

  const running = build(options, host)
  server.on('request', (request, response) => {
    void serve(running, request, response)
  })
  return {
    url: running.url,
    host,
    requests: running.counts,
    setNotifications: running.outbox.subscribe,
    loseNotifications: running.outbox.lose,
    duplicateNotifications: running.outbox.duplicate,
    notificationsGivenUp: running.outbox.givenUp,
    settled: running.outbox.settled,
    close: async () => {
      await running.outbox.stop()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

type RunningRegistry = {
  readonly url: string
  readonly host: string
  readonly instance: string
  readonly state: RegistryState
  readonly authentication: Authentication
  readonly counts: RequestCounts
  readonly outbox: Outbox
  readonly actor: string | undefined
}

function build(options: SandboxRegistryOptions, host: string): RunningRegistry {
  const url = `http://${host}`
  const outbox = createOutbox(options.retryDelaysMs)
  outbox.subscribe(options.notifications)
  return {
    url,
    host,
    instance: randomUUID(),
    state: { storage: createStorage(), caps: options.caps ?? defaultCaps, pageSize: options.pageSize },
    authentication:
      options.auth === undefined ? noAuthentication() : createAuthentication(options.auth, `${url}/token`),
    counts: createRequestCounts(),
    outbox,
    actor: options.auth?.username,
  }
}

async function serve(running: RunningRegistry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const answer = await answerTo(running, request)
    // Told before it is answered, so that whoever has the answer can wait for `settled`.
    if (answer.event !== undefined) tell(running, request, answer.event)
    send(request, response, answer)
  } catch (error) {
    // Either the client went away in the middle of its body, or this is a bug of ours that shall be seen.
    send(request, response, { status: 500, body: error instanceof Error ? (error.stack ?? error.message) : 'unknown' })
  }
}

async function answerTo(running: RunningRegistry, request: IncomingMessage): Promise<Answer> {
  const method = request.method ?? ''
  const [path = '', query = ''] = (request.url ?? '').split('?', 2)
  if (path === '/token' && method === 'GET') {
    running.counts.add('token')
    return running.authentication.grantToken(request.headers, new URLSearchParams(query))
  }
  const route = routes.find((candidate) => candidate.method === method && candidate.path.test(path))
  running.counts.add(route?.kind ?? 'unknown')
  const { repository = '', reference = '' } = route?.path.exec(path)?.groups ?? {}
  const refusal = running.authentication.refusal(request.headers, scopeOf(route, repository))
  if (refusal !== undefined) return refusal
  if (route === undefined) return notARoute(path)
  if (repository !== '' && (repository.length > longestName || !nameForm.test(repository)))
    return failure('NAME_INVALID', 'invalid repository name')
  const call = { request, query: new URLSearchParams(query), repository, reference: decoded(reference) }
  return await route.handle(running.state, call)
}

function notARoute(path: string): Answer {
  return routes.some((candidate) => candidate.path.test(path))
    ? failure('UNSUPPORTED', 'the operation is unsupported')
    : { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' }
}

function scopeOf(route: Route | undefined, repository: string): string | undefined {
  if (repository === '' || route === undefined) return undefined
  return `repository:${repository}:${['GET', 'HEAD'].includes(route.method) ? 'pull' : 'pull,push'}`
}

/** `sha256%3A…` is how some clients write a digest. What cannot be decoded matches nothing. */
function decoded(reference: string): string {
  try {
    return decodeURIComponent(reference)
  } catch {
    return ''
  }
}

function tell(running: RunningRegistry, request: IncomingMessage, event: NonNullable<Answer['event']>): void {
  const client = {
    address: `${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? 0}`,
    method: request.method ?? '',
    userAgent: request.headers['user-agent'] ?? '',
  }
  const { url, host, instance, actor } = running
  running.outbox.tell(event, { registry: { url, host, instance }, client, actor })
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body = '' }: Answer): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  response.writeHead(status, {
    'docker-distribution-api-version': 'registry/2.0',
    ...headers,
    ...(status === 204 || status === 304 ? {} : { 'content-length': bytes.length }),
    // What is left of a refused body is not read.
    ...(request.complete ? {} : { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
