import { setTimeout as delay } from 'node:timers/promises'
import { UserError } from '../core/user-error.ts'
import { type Claim, type JobQueue, type JobSession } from './job-queue.ts'
import { type Logger } from './log.ts'
import { retryDelayMs, Transient, type Backoff } from './retry.ts'

/** What a journey does for one key. The signal is aborted when it must end: shutdown, time limit, lost database. */
export type JobHandler = (key: string, signal: AbortSignal) => Promise<void>

export type JobSettings = {
  /** Jobs at the same time in this process. */
  readonly concurrency: number
  readonly tries: number
  readonly backoff: Backoff
  /** A job that takes longer is aborted, and tried again. */
  readonly limitMs: number
  /** How long `stop` lets jobs end by themselves, and then how long it waits for aborted ones. */
  readonly graceMs: number
  readonly abortedMs: number
  /** How often to look without being told: for jobs that other replicas left. */
  readonly pollMs: number
}

export type RunnerDeps = {
  readonly queue: JobQueue
  readonly handlers: Readonly<Record<string, JobHandler>>
  readonly settings: JobSettings
  readonly log: Logger
  /** In [0, 1), for jitter. */
  readonly random: () => number
}

export type Runner = {
  /** There may be something to do, now or in `afterMs`. */
  wake(afterMs?: number): void
  stop(): Promise<void>
}

type Running = { readonly abort: AbortController; readonly ended: Promise<void> }

export function startRunner({ queue, handlers, settings, log, random }: RunnerDeps): Runner {
  const running = new Map<string, Running>()
  const bell = createBell()
  const stopping = new AbortController()
  let session: JobSession | undefined

  const loop = run()

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look()
      } catch (error) {
        log.error({ err: error }, 'could not look for jobs')
      }
      await bell.rung(settings.pollMs)
    }
  }

  async function look(): Promise<void> {
    const current = (session ??= await openSession())
    await requeueOrphans(current)
    const free = settings.concurrency - running.size
    if (free === 0) return
    for (const claim of await queue.claim(current, free)) start(current, claim)
  }

  async function openSession(): Promise<JobSession> {
    const opened = await queue.session({
      notified: bell.ring,
      lost(cause) {
        // Our locks are gone, so another replica may run the same jobs from now on.
        session = undefined
        for (const { abort } of running.values()) abort.abort(new Transient('the database was lost', { cause }))
        log.warn({ err: cause }, 'lost the database')
      },
    })
    return opened
  }

  async function requeueOrphans(current: JobSession): Promise<void> {
    for (const claim of await queue.orphans(current)) {
      if (running.has(claim.id)) continue
      const outOfTries = claim.retryCount + 1 >= settings.tries
      log.warn({ job: name(claim), try: claim.retryCount + 1 }, 'the process of a job died')
      await (outOfTries ? queue.giveUp(claim, 'its process died') : queue.again(claim, 0, 'its process died'))
    }
  }

  function start(current: JobSession, claim: Claim): void {
    const abort = new AbortController()
    const ended = work(claim, abort)
      .catch((error: unknown) => log.error({ err: error, job: name(claim) }, 'could not settle a job'))
      .then(async () => queue.release(current, claim))
      .catch(() => {})
      .then(() => {
        running.delete(claim.id)
        bell.ring()
      })
    running.set(claim.id, { abort, ended })
  }

  async function work(claim: Claim, abort: AbortController): Promise<void> {
    const limit = setTimeout(() => abort.abort(new Transient('the job took too long')), settings.limitMs)
    try {
      const handler = handlers[claim.journey]
      if (handler === undefined) throw new Transient(`this version knows no journey ${claim.journey}`)
      await handler(claim.key, abort.signal)
    } catch (error) {
      await failed(claim, error)
      return
    } finally {
      clearTimeout(limit)
    }
    await queue.done(claim)
  }

  async function failed(claim: Claim, error: unknown): Promise<void> {
    const about = { err: error, job: name(claim), try: claim.retryCount + 1 }
    if (error instanceof UserError) {
      log.warn({ ...about, help: error.help }, 'job needs a person')
      return queue.done(claim, error.message)
    }
    if (stopping.signal.aborted) return queue.again(claim, 0, 'stopped')
    if (claim.retryCount + 1 >= settings.tries) {
      log.error(about, 'job failed for good')
      return queue.giveUp(claim, reasonOf(error))
    }
    const afterMs = retryDelayMs(claim.retryCount + 1, error, { backoff: settings.backoff, chance: random() })
    log[error instanceof Transient ? 'warn' : 'error']({ ...about, afterMs }, 'job will be tried again')
    await queue.again(claim, afterMs, reasonOf(error))
    wake(afterMs)
  }

  function wake(afterMs = 0): void {
    if (afterMs === 0) bell.ring()
    // Later ones are found by polling.
    else if (afterMs < 60_000) setTimeout(bell.ring, afterMs).unref()
  }

  async function ended(withinMs: number): Promise<void> {
    const enough = new AbortController()
    const all = Promise.all([...running.values()].map((job) => job.ended))
    await Promise.race([all, delay(withinMs, undefined, { signal: enough.signal }).catch(() => {})])
    enough.abort()
  }

  return {
    wake,
    async stop() {
      stopping.abort()
      bell.ring()
      await loop
      await ended(settings.graceMs)
      for (const { abort } of running.values()) abort.abort(new Transient('lotse is stopping'))
      await ended(settings.abortedMs)
      // What runs even now loses its lock here, and another process takes it over.
      await session?.end()
    },
  }
}

/** Remembers a ring that comes while nobody waits. */
function createBell(): { readonly ring: () => void; readonly rung: (withinMs: number) => Promise<void> } {
  let rang = false
  let awaken = () => {}
  return {
    ring() {
      rang = true
      awaken()
    },
    async rung(withinMs) {
      if (!rang) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, withinMs)
          awaken = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      rang = false
    },
  }
}

function name({ journey, key }: Claim): string {
  return `${journey}:${key}`
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
