import type { CommitSha } from '../core/ids.ts'
import type { SyncTrigger } from '../core/sync/report.ts'
import type { Logger } from '../runtime/log.ts'
import { type Backoff, retryDelayMs } from '../runtime/retry.ts'
import { isExpected } from './failure.ts'

/** One run of the sync journey, and what came in while it ran. */
export type Turn = {
  readonly trigger: SyncTrigger
  /** Ask the API server about every object, also those that look in sync. */
  readonly verify: boolean
  /** The newest commit that somebody has seen on the branch. */
  readonly hinted?: CommitSha
  /** The commit that this turn syncs, once it is known. */
  readonly takes: (commit: CommitSha) => void
  /** Aborted at the stop: for what may take long and can be done again. */
  readonly signal: AbortSignal
  /** Why the turn should end between two objects; undefined: it should not. */
  readonly ends: () => 'superseded' | 'stopping' | undefined
}

export type Loop = {
  /** `commit`: what somebody has seen; if it is being synced already, nothing more is to be done. */
  readonly ask: (trigger: SyncTrigger, hint?: Hint) => void
  /**
   * Drift comes in groups, and our own changes look like it until their answer is there: so a moment later, and only if
   * it is `still` so when nothing runs.
   */
  readonly askSoon: (still: () => boolean) => void
  readonly syncing: () => CommitSha | undefined
  /** When no sync runs or waits, also not to be tried again. */
  readonly settled: () => Promise<void>
  /** The running object is finished; nothing starts any more. */
  readonly stop: () => Promise<void>
}

export type LoopDeps = {
  /**
   * `again`: something was only a matter of time. What it throws is tried again, too; of what people or time mend it has
   * told by then.
   */
  readonly sync: (turn: Turn) => Promise<'done' | 'again'>
  readonly log: Logger
  /** In [0, 1). */
  readonly random: () => number
  readonly backoff?: Backoff
  readonly soonMs?: number
}

type Hint = { readonly commit?: CommitSha; readonly verify?: boolean }
type Asked = { readonly trigger: SyncTrigger; readonly verify: boolean; readonly hinted?: CommitSha }
type Running = { commit?: CommitSha; superseded: boolean }

/** One sync at a time, and at most one that waits: ten pushes are one sync of the newest. */
export function createLoop(deps: LoopDeps): Loop {
  return new SyncLoop(deps)
}

class SyncLoop {
  readonly #deps: LoopDeps
  readonly #timers = new Map<'retry' | 'soon', NodeJS.Timeout>()
  #running: Running | undefined
  #waiting: Asked | undefined
  #tries = 0
  readonly #stop = new AbortController()
  #resting = true
  #rested = Promise.withResolvers<void>()

  constructor(deps: LoopDeps) {
    this.#deps = deps
    this.#rested.resolve()
  }

  ask(trigger: SyncTrigger, { commit, verify = trigger === 'command' }: Hint = {}): void {
    if (this.#stop.signal.aborted) return
    if (commit !== undefined && commit === this.#running?.commit && !verify) return
    this.#busy()
    // The first that asked gives its name to what all of them get.
    const hinted = commit ?? this.#waiting?.hinted
    this.#waiting = {
      trigger: this.#waiting?.trigger ?? trigger,
      verify: verify || this.#waiting?.verify === true,
      ...(hinted === undefined ? {} : { hinted }),
    }
    if (this.#running === undefined) this.#start()
    else if (trigger === 'hint') this.#running.superseded = true
  }

  askSoon(still: () => boolean): void {
    this.#later('soon', this.#deps.soonMs ?? 1000, () => this.#look(still))
  }

  syncing(): CommitSha | undefined {
    return this.#running?.commit
  }

  settled(): Promise<void> {
    return this.#rested.promise
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#clearTimers()
    this.#waiting = undefined
    this.#rest()
    await this.settled()
  }

  #start(): void {
    const asked = this.#waiting
    this.#waiting = undefined
    if (asked !== undefined) void this.#turn(asked)
  }

  async #turn(asked: Asked): Promise<void> {
    const running: Running = { superseded: false }
    this.#running = running
    this.#clearTimers()
    const again = await this.#outcomeOf({
      ...asked,
      signal: this.#stop.signal,
      takes: (commit) => this.#takes(running, commit),
      ends: () => (this.#stop.signal.aborted ? 'stopping' : running.superseded ? 'superseded' : undefined),
    })
    this.#running = undefined
    this.#tries = again === undefined ? 0 : this.#tries + 1
    if (this.#waiting !== undefined) return this.#start()
    if (again !== undefined) this.#retry(again.error)
    this.#rest()
  }

  /** What is looked at from here on answers all that asked for no more than this commit. */
  #takes(running: Running, commit: CommitSha): void {
    running.commit = commit
    if (this.#waiting === undefined || this.#waiting.verify || this.#waiting.hinted !== commit) return
    this.#waiting = undefined
    running.superseded = false
  }

  async #outcomeOf(turn: Turn): Promise<{ readonly error?: unknown } | undefined> {
    try {
      return (await this.#deps.sync(turn)) === 'again' ? {} : undefined
    } catch (error) {
      if (this.#stop.signal.aborted) return undefined
      if (!isExpected(error)) this.#deps.log.error({ err: error, trigger: turn.trigger }, 'sync failed')
      return { error }
    }
  }

  #retry(error: unknown): void {
    const { backoff = { firstMs: 1000, mostMs: 60_000 }, random } = this.#deps
    this.#later('retry', retryDelayMs(this.#tries, error, { backoff, chance: random() }), () => this.ask('retry'))
  }

  #look(still: () => boolean): void {
    if (this.#running !== undefined) this.askSoon(still)
    else if (still()) this.ask('watch')
  }

  #later(name: 'retry' | 'soon', afterMs: number, due: () => void): void {
    if (this.#stop.signal.aborted || this.#timers.has(name)) return
    this.#busy()
    const ring = (): void => {
      this.#timers.delete(name)
      due()
      this.#rest()
    }
    this.#timers.set(name, setTimeout(ring, afterMs))
  }

  #clearTimers(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  #busy(): void {
    if (!this.#resting) return
    this.#resting = false
    this.#rested = Promise.withResolvers<void>()
  }

  #rest(): void {
    if (this.#running !== undefined || this.#waiting !== undefined || this.#timers.size > 0) return
    this.#resting = true
    this.#rested.resolve()
  }
}
