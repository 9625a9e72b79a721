import { type Delivery } from './state.ts'

export type WriteMoment = {
  /** Counts from 1 since the last `reset()` of the requests. */
  readonly n: number
  readonly method: string
  /** `/repos/{owner}/{repo}/pulls`, or `graphql updateRefs`. */
  readonly route: string
  readonly phase: 'before' | 'after'
}

/** What goes wrong on purpose. */
export type Faults = {
  /** Awaited around the effect of each mutating API call, GraphQL mutations too; undefined takes it away. */
  onWrite(hook: ((moment: WriteMoment) => Promise<void>) | undefined): void
  /** The effect happens, the answer is this status instead: a 502 although merged. */
  answerAfterEffect(route: string, status: number, times?: number): void
  /** The answer is this status and nothing happens. */
  refuse(route: string, status: number, times?: number): void
  /** The next requests are over the limit. */
  limitRate(kind: 'primary' | 'secondary', times?: number): void
  /** Never sent, but listed as failed, so that they can be redelivered. */
  loseWebhooks(which: number | ((delivery: Delivery) => boolean)): void
  /** The next ones are sent twice, with the same id. */
  duplicateWebhooks(count: number): void
  /** `mergeable` is null and its state unknown on the next looks at a pull request. */
  forgetMergeability(times: number): void
  clear(): void
}
