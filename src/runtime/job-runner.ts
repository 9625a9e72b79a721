import { setTimeout as delay } from 'node:timers/promises'
import { UserError } from '../core/user-error.ts'
import { type Bell, createBell } from './bell.ts'
import { decideAfterFailure } from './job-outcome.ts'
import { type Claim, type JobQueue, type JobSession } from './job-queue.ts'
import { type Logger } from './log.ts'
import { Transient } from '../core/transient.ts'
import { type Backoff } from './retry.ts'

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
  /** How often to look for jobs without being told, and for those of processes that died. */
  readonly pollMs: number
  readonly sweepMs: number
}

export type RunnerDeps = {
  readonly queue: JobQueue
  readonly handlers: Readonly<Record<string, JobHandler>>
  readonly settings: JobSettings
  readonly log: Logger
  /** In [0, 1), for jitter. */
  readonly random: () => number
}

type Running = { readonly abort: AbortController; readonly ended: Promise<void> }

/** Keeps as many jobs running as may run, until it is stopped. One database session is its proof of life. */
export class JobRunner {
  readonly #deps: RunnerDeps
  readonly #running = new Map<string, Running>()
  readonly #bell: Bell = createBell()
  readonly #stopping = new AbortController()
  #session: Promise<JobSession> | undefined
  #loops: Promise<unknown> = Promise.resolve()

  constructor(deps: RunnerDeps) {
    this.#deps = deps
  }

  start(): void {
    const { pollMs, sweepMs } = this.#deps.settings
    const sweepBell = createBell()
    this.#stopping.signal.addEventListener('abort', () => {
      this.#bell.ring()
      sweepBell.ring()
    })
    this.#loops = Promise.all([
      this.#repeat(this.#bell, pollMs, async () => this.#claim()),
      this.#repeat(sweepBell, sweepMs, async () => this.#requeueOrphans()),
    ])
  }

  /** There is something to do, now or in `afterMs`. */
  wake(afterMs = 0): void {
    if (afterMs === 0) this.#bell.ring()
    // What is further away is found by polling, soon enough.
    else if (afterMs < 10 * this.#deps.settings.pollMs) setTimeout(this.#bell.ring, afterMs).unref()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loops
    await this.#allEnded(this.#deps.settings.graceMs)
    this.#abortAll(new Transient('lotse is stopping'))
    await this.#allEnded(this.#deps.settings.abortedMs)
    // What runs even now loses its lock with this, so another process takes it over.
    await (await this.#session)?.end()
  }

  async #repeat(bell: Bell, everyMs: number, look: () => Promise<void>): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await look()
      } catch (error) {
        this.#deps.log.error({ err: error }, 'could not look for jobs')
      }
      await bell.rung(everyMs)
    }
  }

  async #claim(): Promise<void> {
    const free = this.#deps.settings.concurrency - this.#running.size
    if (free === 0) return
    const session = await this.#openSession()
    for (const claim of await this.#deps.queue.claim(session, free)) this.#run(session, claim)
  }

  async #requeueOrphans(): Promise<void> {
    const { queue, log, settings } = this.#deps
    for (const claim of await queue.orphans(await this.#openSession())) {
      // Ours without a lock: the session was lost, and the aborted job has not ended yet.
      if (this.#running.has(claim.id)) continue
      const about = aboutTry(claim)
      log.warn(about, 'the process of a job died')
      if (about.try >= settings.tries) await queue.giveUp(claim, 'its process died')
      else await queue.again(claim, 0, 'its process died')
      this.#bell.ring()
    }
  }

  async #openSession(): Promise<JobSession> {
    this.#session ??= this.#deps.queue.session({
      notified: this.#bell.ring,
      lost: (cause) => {
        this.#deps.log.warn({ err: cause }, 'lost the database')
        this.#session = undefined
        // Our locks are gone with it: from now on others may run the same jobs.
        this.#abortAll(new Transient('the database was lost', { cause }))
      },
    })
    try {
      return await this.#session
    } catch (error) {
      this.#session = undefined
      throw error
    }
  }

  #run(session: JobSession, claim: Claim): void {
    const { queue, log } = this.#deps
    const abort = new AbortController()
    const settled = this.#try(claim, abort)
      // The lock goes with it, so it is an orphan and runs again.
      .catch((error: unknown) => log.error({ ...aboutTry(claim), err: error }, 'could not settle a job'))
      .then(async () => queue.release(session, claim))
      // A lock is left behind only by a session that is lost, and with it the lock.
      .catch(() => {})
    const ended = settled.then(() => {
      this.#running.delete(claim.id)
      this.#bell.ring()
    })
    this.#running.set(claim.id, { abort, ended })
  }

  async #try(claim: Claim, abort: AbortController): Promise<void> {
    const { handlers, settings, queue } = this.#deps
    const limit = setTimeout(() => abort.abort(new Transient('the job took too long')), settings.limitMs)
    try {
      const handler = handlers[claim.journey]
      if (handler === undefined) throw new Transient(`no handler for the journey ${claim.journey}`)
      await handler(claim.key, abort.signal)
    } catch (error) {
      return await this.#afterFailure(claim, error)
    } finally {
      clearTimeout(limit)
    }
    await queue.done(claim)
  }

  async #afterFailure(claim: Claim, error: unknown): Promise<void> {
    const { queue, log, settings, random } = this.#deps
    const about = { ...aboutTry(claim), err: error }
    const stopping = this.#stopping.signal.aborted
    const outcome = decideAfterFailure({ error, tries: about.try, stopping, chance: random() }, settings)
    switch (outcome.do) {
      case 'finish':
        log.warn({ ...about, help: error instanceof UserError ? error.help : undefined }, 'job needs a person')
        return queue.done(claim, reasonOf(error))
      case 'retry':
        log[outcome.because === 'bug' ? 'error' : 'warn'](
          { ...about, afterMs: outcome.afterMs },
          'job will be tried again',
        )
        await queue.again(claim, outcome.afterMs, reasonOf(error))
        return this.wake(outcome.afterMs)
      case 'give up':
        log.error(about, 'job failed for good')
        return queue.giveUp(claim, reasonOf(error))
    }
  }

  #abortAll(reason: Error): void {
    for (const { abort } of this.#running.values()) abort.abort(reason)
  }

  async #allEnded(withinMs: number): Promise<void> {
    const enough = new AbortController()
    const ended = Promise.all([...this.#running.values()].map((job) => job.ended))
    await Promise.race([ended, delay(withinMs, undefined, { signal: enough.signal }).catch(() => {})])
    enough.abort()
  }
}

function aboutTry(claim: Claim) {
  return { job: `${claim.journey}:${claim.key}`, try: claim.retryCount + 1 }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
