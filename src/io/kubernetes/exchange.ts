import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions, request as httpsRequest } from 'node:https'
import type { Call } from './call.ts'
import type { Identity } from './credentials.ts'

/** One call to one server, as somebody. */
export type Exchange = {
  readonly server: URL
  readonly serverName?: string | undefined
  readonly identity: Identity
  readonly call: Call
  /** `false`: a connection of its own. */
  readonly agent: HttpAgent | false
  readonly signal: AbortSignal
  /** For each time that it really is sent. */
  readonly sent: () => void
}

export function createAgent({ protocol }: URL, mostSockets: number): HttpAgent {
  const options = { keepAlive: true, maxSockets: mostSockets, maxFreeSockets: mostSockets }
  return protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options)
}

/** The head of the answer. Redirects are not followed: an API server has none. */
export async function send(exchange: Exchange): Promise<IncomingMessage> {
  for (;;) {
    const request = start(exchange)
    try {
      return await answerTo(request)
    } catch (error) {
      // The server closed an idle connection just as we took it: https://nodejs.org/api/http.html#requestreusedsocket
      // All that we ask may be asked twice, and the first connection that is new ends this.
      if (!request.reusedSocket || !isReset(error)) throw error
    }
  }
}

function start({ server, serverName, identity, call, agent, signal, sent }: Exchange): ClientRequest {
  const options: RequestOptions = {
    method: call.method,
    path: `${server.pathname.replace(/\/$/, '')}${call.path}${formatQuery(call.query ?? {})}`,
    headers: headersOf(call, identity),
    agent,
    signal,
    ...(identity.ca === undefined ? {} : { ca: identity.ca }),
    ...(identity.certificate === undefined ? {} : { cert: identity.certificate }),
    ...(identity.key === undefined ? {} : { key: identity.key.reveal() }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
  sent()
  const request = server.protocol === 'https:' ? httpsRequest(server, options) : httpRequest(server, options)
  // A peer that vanishes without a word is noticed by the system, also under a watch that is silent for minutes.
  request.setSocketKeepAlive(true, 30_000)
  return request.end(call.body?.text)
}

async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  const answer = Promise.withResolvers<IncomingMessage>()
  request.once('response', answer.resolve)
  // Stays for the life of the request: an abort after the answer's head is an error of both, and told by the answer.
  request.on('error', answer.reject)
  return answer.promise
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

function headersOf({ accept, body, verb }: Call, { token }: Identity): Readonly<Record<string, string | number>> {
  return {
    'user-agent': 'lotse',
    accept: accept ?? 'application/json',
    // A watch is many small answers, which packing only delays.
    ...(verb === 'watch' ? {} : { 'accept-encoding': 'gzip' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
    ...(body === undefined ? {} : { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) }),
  }
}

function formatQuery(query: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${encodeURIComponent(value)}`],
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}
