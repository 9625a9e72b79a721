/** What is known of an open pull request that does not bring what the plan wants. */
export type PaceFacts = {
  readonly nowMs: number
  /** When it was last edited; opening it was no edit. */
  readonly editedMs: number | undefined
  /** Since when the plan wants just what it wants now. */
  readonly wantedSinceMs: number
}

export type Pace = { readonly do: 'write' } | { readonly do: 'wait'; readonly untilMs: number }

const quietMs = 15_000
const latestMs = 60_000

/**
 * Each edit starts CI and whatever else listens, so a burst of tags becomes few of them: the first at once, for most tags
 * come alone; further ones when the plan has been quiet for a while, or a minute after the last.
 *
 * Only newer wishes for an open pull request are paced. Opening is what people wait for, what is withdrawn could be
 * merged meanwhile, and a commit that does not fit its base is of no use as it is.
 */
export function paceEdit({ nowMs, editedMs, wantedSinceMs }: PaceFacts): Pace {
  // What lies ahead of the clock, which was set back, tells nothing.
  if (editedMs === undefined || editedMs > nowMs || wantedSinceMs > nowMs) return { do: 'write' }
  const untilMs = Math.min(wantedSinceMs + quietMs, editedMs + latestMs)
  return untilMs <= nowMs ? { do: 'write' } : { do: 'wait', untilMs }
}
