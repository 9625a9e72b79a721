import { RegistryUnavailable } from './unavailable.ts'

/** What a host's answer says of how often it wants to be asked. */
export type Load = { readonly tooMany: boolean; readonly retryAfterMs: number | undefined }

/** Sends when the host has room. No host waits for another one. */
export type Pace = <T extends { readonly load: Load }>(origin: string, send: () => Promise<T>) => Promise<T>

/**
 * At most so many requests at once for each host: half as many after a 429, one more after many good answers. A host
 * that said when to come back is not asked before; to wait is up to the caller, who has others to ask meanwhile. One that
 * does not answer is not asked for a while either: all that wait for it until their time is over hold up all the rest.
 */
export function createPace({ now }: { readonly now: () => number }): Pace {
  const hosts = new Map<string, Host>()
  return async (origin, send) => {
    const host = hosts.get(origin) ?? { ...freshHost, waiting: [] }
    hosts.set(origin, host)
    await enter(host)
    try {
      refuseEarly(origin, host, now())
      return await sendTo(host, send, now)
    } finally {
      host.running -= 1
      letIn(host)
      if (isForgettable(host, now())) hosts.delete(origin)
    }
  }
}

type Host = {
  atOnce: number
  running: number
  readonly waiting: (() => void)[]
  restUntilMs: number
  reductions: number
  goodAnswers: number
  /** How many failed since it answered. */
  silences: number
  silentUntilMs: number
}

const mostAtOnce = 16
const goodAnswersPerStep = 20
const freshHost = {
  atOnce: mostAtOnce,
  running: 0,
  restUntilMs: 0,
  reductions: 0,
  goodAnswers: 0,
  silences: 0,
  silentUntilMs: 0,
}
const mostSilences = 3
const restPerSilence = 4
/** A machine that slept with a request on its way has waited for hours. */
const longestRestMs = 60_000

/** Whoever leaves hands its place on, so those who wait longest are next. */
async function enter(host: Host): Promise<void> {
  if (host.running < host.atOnce) host.running += 1
  else await new Promise<void>((resolve) => host.waiting.push(resolve))
}

function letIn(host: Host): void {
  while (host.running < host.atOnce) {
    const next = host.waiting.shift()
    if (next === undefined) return
    host.running += 1
    next()
  }
}

function refuseEarly(origin: string, { restUntilMs, silentUntilMs }: Host, nowMs: number): void {
  const retryAfterMs = restUntilMs - nowMs
  if (retryAfterMs > 0) throw new RegistryUnavailable(`${origin} asked not to be asked now`, { retryAfterMs })
  // Nobody said when to come back, so whoever asks does as after any other failure.
  if (silentUntilMs > nowMs) throw new RegistryUnavailable(`${origin} did not answer others, and is not asked now`)
}

async function sendTo<T extends { readonly load: Load }>(
  host: Host,
  send: () => Promise<T>,
  now: () => number,
): Promise<T> {
  const { reductions } = host
  const sentMs = now()
  try {
    const answer = await send()
    take(host, answer.load, { reductions, nowMs: now() })
    return answer
  } catch (error) {
    host.silences += 1
    const restMs = Math.min(restPerSilence * (now() - sentMs), longestRestMs)
    if (host.silences >= mostSilences) host.silentUntilMs = Math.max(host.silentUntilMs, now() + restMs)
    throw error
  }
}

type Sent = { readonly reductions: number; readonly nowMs: number }

function take(host: Host, { tooMany, retryAfterMs }: Load, { reductions, nowMs }: Sent): void {
  host.silences = 0
  if (retryAfterMs !== undefined) host.restUntilMs = Math.max(host.restUntilMs, nowMs + retryAfterMs)
  if (tooMany) {
    host.goodAnswers = 0
    // Those that were sent together are refused together: that is one refusal, not sixteen.
    if (reductions !== host.reductions) return
    host.reductions += 1
    host.atOnce = Math.max(1, Math.floor(host.atOnce / 2))
    return
  }
  host.goodAnswers += 1
  if (host.goodAnswers < goodAnswersPerStep || host.atOnce === mostAtOnce) return
  host.goodAnswers = 0
  host.atOnce += 1
}

/** Redirects can name hosts without number: one of which nothing is remembered is dropped. */
function isForgettable({ running, atOnce, restUntilMs, silentUntilMs }: Host, nowMs: number): boolean {
  return running === 0 && atOnce === mostAtOnce && Math.max(restUntilMs, silentUntilMs) <= nowMs
}
