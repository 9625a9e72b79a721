import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Json } from '../../core/json.ts'
import { createGate } from './adaptive.ts'
import { readAnswer } from './answer.ts'
import { readBody } from './body.ts'
import { type Call, formatCall } from './call.ts'
import { type Credentials, type Identity, createCredentials } from './credentials.ts'
import { KubernetesError, isKubernetesError } from './errors.ts'
import { createAgent, send } from './exchange.ts'
import { failureOf } from './failure.ts'
import type { Verb } from './kubernetes.ts'
import { type Limits, defaultLimits } from './limits.ts'
import type { KubernetesSettings } from './settings.ts'

/** Calls and their answers; whatever is not a success is thrown, as a `KubernetesError`. */
export type Connection = {
  readonly limits: Limits
  readonly ask: (call: Call) => Promise<Json>
  /** An answer that goes on, on a connection of its own, until the signal ends it. */
  readonly follow: (call: Call, signal: AbortSignal) => Promise<Readable>
  readonly requests: () => Readonly<Partial<Record<Verb, number>>>
  readonly close: () => void
}

export type ConnectionDeps = {
  /** Milliseconds that only grow. */
  readonly now?: () => number
  readonly wait?: (ms: number) => Promise<unknown>
  /** In [0, 1), so that what was refused together does not come back together. */
  readonly random?: () => number
  readonly limits?: Partial<Limits>
}

export function openConnection(settings: KubernetesSettings, deps: ConnectionDeps): Connection {
  const limits = { ...defaultLimits, ...deps.limits }
  const now = deps.now ?? (() => performance.now())
  const credentials = createCredentials(settings, { now, rereadMs: limits.rereadMs })
  const server = new URL(settings.server)
  const agent = createAgent(server, limits.requests)
  const gate = createGate({ most: limits.requests, overloaded: isOverload })
  const counts: Partial<Record<Verb, number>> = {}

  const exchangeFor = (call: Call, identity: Identity) => ({
    server,
    serverName: settings.serverName,
    identity,
    call,
    sent: () => void (counts[call.verb] = (counts[call.verb] ?? 0) + 1),
  })
  const askAs = (call: Call, identity: Identity): Promise<Json> =>
    withinTime(call, limits.timeoutMs, async (signal) => {
      const response = await send({ ...exchangeFor(call, identity), agent, signal })
      return readWhole(response, { call, identity, limits })
    })
  const followAs = (call: Call, identity: Identity, until: AbortSignal): Promise<Readable> =>
    withinTime(call, limits.timeoutMs, async (late) => {
      const signal = AbortSignal.any([until, late])
      const response = await send({ ...exchangeFor(call, identity), agent: false, signal })
      if (response.statusCode === 200) return response
      await readWhole(response, { call, identity, limits })
      throw notFollowed(call, response)
    })
  return {
    limits,
    ask: (call) => patiently(deps, () => gate.run(() => asWhoWeAre(credentials, (identity) => askAs(call, identity)))),
    follow: (call, signal) => asWhoWeAre(credentials, (identity) => followAs(call, identity, signal)),
    requests: () => ({ ...counts }),
    close: () => agent.destroy(),
  }
}

const mostTries = 4
const longestWaitMs = 10_000

/** Comes back when the server says that it may, so that one busy second does not fail a whole sync. */
async function patiently<T>({ wait = delay, random = Math.random }: ConnectionDeps, act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act()
    } catch (error) {
      const asked = isKubernetesError(error, 'throttled', 'unavailable') ? error.retryAfterMs : undefined
      if (asked === undefined || asked > longestWaitMs || tries === mostTries) throw error
      await wait(asked * (1 + random() / 2))
    }
  }
}

/** Once more, where what we are or whom we trust may have been replaced since we read it. */
async function asWhoWeAre<T>({ current, renewed }: Credentials, act: (identity: Identity) => Promise<T>): Promise<T> {
  const known = await current()
  try {
    return await act(known)
  } catch (error) {
    const stale = isKubernetesError(error, 'unauthorized', 'untrusted')
    const identity = stale ? await renewed(known) : undefined
    if (identity === undefined) throw error
    return act(identity)
  }
}

async function withinTime<T>(call: Call, mostMs: number, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), mostMs)
  try {
    return await act(late.signal)
  } catch (error) {
    if (!late.signal.aborted) throw failureOf(error, call)
    const message = `the API server took longer than ${mostMs} ms for ${formatCall(call)}`
    throw new KubernetesError(message, { class: 'timed-out', cause: error })
  } finally {
    clearTimeout(timer)
  }
}

type Reading = { readonly call: Call; readonly identity: Identity; readonly limits: Limits }

async function readWhole(response: IncomingMessage, { call, identity, limits }: Reading): Promise<Json> {
  const text = await readBody(response, limits.bodyBytes)
  return readAnswer(call, {
    status: response.statusCode ?? 0,
    type: response.headers['content-type'] ?? '',
    retryAfter: response.headers['retry-after'],
    text,
    unspoken: identity.token,
  })
}

function notFollowed(call: Call, { statusCode }: IncomingMessage): KubernetesError {
  return new KubernetesError(`${formatCall(call)} was answered with ${statusCode}`, { class: 'bad-answer' })
}

function isOverload(error: unknown): boolean {
  return isKubernetesError(error, 'throttled', 'unavailable', 'timed-out')
}
