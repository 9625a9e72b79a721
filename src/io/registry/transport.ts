import { setImmediate } from 'node:timers/promises'
import { type Load, createPace } from './pace.ts'
import { RegistryUnavailable, parseRetryAfter } from './unavailable.ts'

/** Bounds of one answer. They are what a hostile or broken registry can cost us. */
export type Limits = {
  readonly timeoutMs: number
  readonly bodyBytes: number
  readonly pages: number
  /** Of all pages of a list together. */
  readonly listBytes: number
  readonly listMs: number
}

const mebibyte = 1024 * 1024

export const defaultLimits: Limits = {
  timeoutMs: 15_000,
  bodyBytes: 4 * mebibyte,
  pages: 500,
  listBytes: 32 * mebibyte,
  listMs: 300_000,
}

export type Outgoing = {
  /** What is posted goes to token servers only: nothing of a registry is ever changed. */
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: URLSearchParams
}

export type Incoming = {
  readonly kind: 'answer'
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

export type TooLarge = { readonly kind: 'too-large'; readonly url: URL; readonly bytes: number }

/** One request and its whole answer. Redirects are given back, not followed. */
export type Transport = (outgoing: Outgoing) => Promise<Incoming | TooLarge>

type Deps = { readonly fetch: typeof fetch; readonly now: () => number; readonly limits: Limits }

const transientStatuses: readonly number[] = [408, 425, 429]

export function createTransport({ fetch: send, now, limits }: Deps): Transport {
  const pace = createPace({ now })
  return async ({ method, url, headers, body: form }) => {
    const what = `${method} ${url.origin}${url.pathname}`
    const { response, body, load } = await pace(url.origin, () =>
      withinTime(what, limits.timeoutMs, async (signal) => {
        const sent = { method, headers: { 'user-agent': 'lotse', ...headers }, redirect: 'manual', signal } as const
        const received = await askOnceMore(method, () => send(url, form === undefined ? sent : { ...sent, body: form }))
        return {
          response: received,
          body: await readBounded(received, limits.bodyBytes),
          load: loadOf(received, now()),
        }
      }),
    )
    if (response.status >= 500 || transientStatuses.includes(response.status)) {
      const { retryAfterMs } = load
      throw new RegistryUnavailable(`${what} was answered with ${response.status}`, { retryAfterMs })
    }
    if (body === undefined) return { kind: 'too-large', url, bytes: limits.bodyBytes }
    return { kind: 'answer', url, status: response.status, headers: response.headers, body }
  }
}

function loadOf({ status, headers }: Response, nowMs: number): Load {
  const tooMany = status === 429
  // On other answers the header says when a moved page is there, or nothing.
  const asksForRest = tooMany || status === 503
  return { tooMany, retryAfterMs: asksForRest ? parseRetryAfter(headers.get('retry-after'), nowMs) : undefined }
}

async function withinTime<T>(what: string, timeoutMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return await run(signal)
  } catch (cause) {
    const why = signal.aborted ? `took longer than ${timeoutMs} ms` : `failed (${whyFailed(cause)})`
    throw new RegistryUnavailable(`${what} ${why}`, { cause })
  }
}

/**
 * A server may close a connection that it kept just as we ask on it: nobody has heard us, and the next one is new. Once,
 * and nothing that is posted: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2
 */
async function askOnceMore(method: Outgoing['method'], ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask()
  } catch (error) {
    if (method === 'POST' || !closedCodes.includes(whyFailed(error))) throw error
    // The others of its age are closed with it: that has to be noticed first.
    await setImmediate()
    return ask()
  }
}

const closedCodes: readonly string[] = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']

/** `ECONNREFUSED`, `CERT_HAS_EXPIRED`: what `fetch` keeps in the cause, where nobody who is told the message sees it. */
function whyFailed(error: unknown): string {
  if (!(error instanceof Error)) return 'for an unknown reason'
  if (error.cause instanceof Error) return whyFailed(error.cause)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

/** Undefined when there is more than the cap: the rest is not read. */
async function readBounded(response: Response, cap: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > cap) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
