import { type Closing, closing } from './closing.ts'
import { type LinkLog } from './link-log.ts'

const firstMs = 1000
const mostMs = 60_000
const minuteMs = 60_000

/** A connection that lived this long was a good one: the next waits as after the first try. */
const goodLifeMs = 60_000

/** What only a person changes is not asked for every few seconds. HTTP's own codes come as 4000 and the code. */
const patience = new Map<number, number>([
  [closing.unproven.code, 5 * minuteMs],
  [closing.unknownKey.code, 5 * minuteMs],
  [closing.replaced.code, 5 * minuteMs],
  [4410, 60 * minuteMs],
  [closing.version.code, 60 * minuteMs],
])

/** Full jitter, so that the agents of a bot that starts again do not all come at once; `chance` is in [0, 1). */
export function redialDelayMs({ code }: Closing, tries: number, chance: number): number {
  const patient = patience.get(code)
  if (patient !== undefined) return patient * (1 + chance / 10)
  return chance * Math.min(mostMs, firstMs * 2 ** Math.min(tries, 30))
}

export type Call = { readonly hangUp: (because: Closing) => void }

export type CallEvents = {
  /** Both sides have proved themselves. */
  readonly open: () => void
  /** Once, at the end of each call. */
  readonly over: (because: Closing) => void
}

export type RedialDeps = {
  readonly log: LinkLog
  readonly random: () => number
  /** What whoever reads the log can do about it. */
  readonly helpFor?: (because: Closing) => string | undefined
}

export type Redial = {
  /** Something has changed: does not wait for the next call any longer. */
  readonly retry: () => void
  readonly close: () => Promise<void>
}

/** Calls at once, and again after the end of each call, for as long as it is not closed. */
export function redial(call: (on: CallEvents) => Call, { log, random, helpFor }: RedialDeps): Redial {
  const closed = Promise.withResolvers<void>()
  let current: Call | undefined
  let leaving = false
  let tries = 0
  let lastTold: number | undefined
  let timer: NodeJS.Timeout | undefined

  function start(): void {
    current = call({ open, over })
  }

  function open(): void {
    lastTold = undefined
    timer = setTimeout(() => (tries = 0), goodLifeMs)
  }

  function over(because: Closing): void {
    clearTimeout(timer)
    current = undefined
    if (leaving) return closed.resolve()
    const delayMs = redialDelayMs(because, tries, random())
    // The same reason is told once, not at every try.
    if (because.code !== lastTold) tell(log, { ...because, help: helpFor?.(because) }, delayMs)
    lastTold = because.code
    tries += 1
    timer = setTimeout(start, delayMs)
  }

  start()
  return {
    retry() {
      if (leaving || current !== undefined) return
      clearTimeout(timer)
      start()
    },
    async close() {
      leaving = true
      clearTimeout(timer)
      if (current === undefined) closed.resolve()
      else current.hangUp(closing.leaving)
      await closed.promise
    },
  }
}

type Told = Closing & { readonly help: string | undefined }

function tell(log: LinkLog, { code, reason, help }: Told, delayMs: number): void {
  const fields = { code, reason, againInSeconds: Math.round(delayMs / 1000), ...(help === undefined ? {} : { help }) }
  if (code === closing.replaced.code) log.error(fields, 'two agents speak for this cluster: another one took over')
  else log.warn(fields, 'no connection to the bot')
}
