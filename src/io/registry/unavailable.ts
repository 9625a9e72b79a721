import { Transient } from '../../core/transient.ts'

/** A registry could not be asked now: network, time-out, 429, 5xx. Nothing is known, least of all that a tag is absent. */
export class RegistryUnavailable extends Transient {}

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
