/** A registry could not be asked now: network, time-out, 429, 5xx. Nothing is known, least of all that a tag is absent. */
export class RegistryUnavailable extends Error {
  /** How long the registry asked to be left alone. */
  readonly retryAfterMs?: number

  constructor(message: string, options: { readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'RegistryUnavailable'
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs
  }
}

const longestRetryAfterMs = 60 * 60 * 1000

/**
 * `120` or an HTTP date; at most an hour, because a registry is not to stop us for good. At once, or a date that has passed
 * (clocks differ), says nothing: whoever obeyed that would ask without end.
 */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return ms > 0 ? Math.min(ms, longestRetryAfterMs) : undefined
}
