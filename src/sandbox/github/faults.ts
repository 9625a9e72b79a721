import { type Delivery } from './state.ts'

export type WriteMoment = {
  /** Counts from 1 since the last `reset()` of the requests. */
  readonly n: number
  readonly method: string
  /** `/repos/{owner}/{repo}/pulls`, or `graphql updateRefs`. */
  readonly route: string
  readonly phase: 'before' | 'after'
}

export type WriteHook = (moment: WriteMoment) => Promise<void>

/** What goes wrong on purpose. Routes are written `PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge`. */
export type Faults = {
  /**
   * Awaited around the effect of each mutating API call, GraphQL mutations too; undefined takes it away. There is no
   * effect where who asked is gone when `before` resolves: a process killed there never got its request out.
   */
  onWrite(hook: WriteHook | undefined): void
  /** The effect happens, the answer is this status instead: a 502 although merged. */
  answerAfterEffect(route: string, status: number, times?: number): void
  /** The answer is this status and nothing happens. */
  refuse(route: string, status: number, times?: number): void
  /** The next requests are over the limit. */
  limitRate(kind: RateLimit, times?: number): void
  /** Never sent, but listed as failed, so that they can be redelivered. */
  loseWebhooks(which: number | ((delivery: Delivery) => boolean)): void
  /** The next ones are sent twice, with the same id. */
  duplicateWebhooks(count: number): void
  /** A replica lags behind: GraphQL's next looks at a blob, or at the `file` of a commit, find nothing though it is there. */
  forgetBlobs(times: number): void
  /** The next GraphQL requests fail with status 200 and an error that has neither type nor path; nothing happens. */
  failGraphQL(times?: number): void
  /** `mergeable` is null and its state unknown on the next looks at a pull request. */
  forgetMergeability(times: number): void
  clear(): void
}

/** `unannounced`: a secondary limit that does not say when to come back; it looks much like a missing permission. */
export type RateLimit = 'primary' | 'secondary' | 'unannounced'

/** The same, as the server asks for it. */
export type FaultState = Faults & {
  hook(): WriteHook | undefined
  takeAnswerAfterEffect(route: string): number | undefined
  takeRefusal(route: string): number | undefined
  takeRateLimit(): RateLimit | undefined
  takeLoss(delivery: Delivery): boolean
  takeDuplicate(): boolean
  takeUnknownMergeability(): boolean
  takeForgottenBlob(): boolean
  takeFailedGraphQL(): boolean
}

export function createFaults(): FaultState {
  let hook: WriteHook | undefined
  const answers = createCountdowns()
  const refusals = createCountdowns()
  const counts = { ...nothingLeft }
  let loses: ((delivery: Delivery) => boolean) | undefined
  const take = (name: keyof typeof counts): boolean => {
    if (counts[name] === 0) return false
    counts[name] -= 1
    return true
  }
  return {
    onWrite: (wanted) => void (hook = wanted),
    answerAfterEffect: (route, status, times = 1) => answers.set(route, { status, times }),
    refuse: (route, status, times = 1) => refusals.set(route, { status, times }),
    limitRate: (kind, times = 1) => void (counts[kind] = times),
    loseWebhooks: (which) => void (typeof which === 'number' ? (counts.lost = which) : (loses = which)),
    duplicateWebhooks: (count) => void (counts.duplicated = count),
    forgetBlobs: (times) => void (counts.forgotten = times),
    failGraphQL: (times = 1) => void (counts.failed = times),
    forgetMergeability: (times) => void (counts.unknown = times),
    clear() {
      hook = undefined
      loses = undefined
      answers.clear()
      refusals.clear()
      Object.assign(counts, nothingLeft)
    },
    hook: () => hook,
    takeAnswerAfterEffect: (route) => answers.take(route),
    takeRefusal: (route) => refusals.take(route),
    takeRateLimit: () => (['primary', 'secondary', 'unannounced'] as const).find(take),
    takeLoss: (delivery) => take('lost') || loses?.(delivery) === true,
    takeDuplicate: () => take('duplicated'),
    takeUnknownMergeability: () => take('unknown'),
    takeForgottenBlob: () => take('forgotten'),
    takeFailedGraphQL: () => take('failed'),
  }
}

const nothingLeft = {
  primary: 0,
  secondary: 0,
  unannounced: 0,
  lost: 0,
  duplicated: 0,
  unknown: 0,
  forgotten: 0,
  failed: 0,
}

type Countdown = { readonly status: number; readonly times: number }

function createCountdowns(): {
  set(route: string, countdown: Countdown): void
  take(route: string): number | undefined
  clear(): void
} {
  const left = new Map<string, Countdown>()
  return {
    set: (route, countdown) => void left.set(route, countdown),
    take(route) {
      const countdown = left.get(route)
      if (countdown === undefined) return undefined
      if (countdown.times === 1) left.delete(route)
      else left.set(route, { ...countdown, times: countdown.times - 1 })
      return countdown.status
    },
    clear: () => left.clear(),
  }
}
