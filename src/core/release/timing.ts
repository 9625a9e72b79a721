import type { Freeze, ReleaseRules, ReleaseWindow } from '../config/configuration.ts'
import { isDate } from '../config/freeze.ts'
import { weekdays } from '../config/release-window.ts'
import { type WallClock, wallClock } from './wall-clock.ts'

/** Why nothing is merged or committed by itself now. `says` may hold untrusted text; whoever shows it escapes it. */
export type Standstill = {
  readonly kind: 'freeze' | 'window'
  /** The first moment that is in no freeze and inside the window. */
  readonly until: Date
  /** `a freeze until Mon 2027-01-11 08:00 Europe/Berlin: holidays` */
  readonly says: string
}

/** undefined: it may be merged and committed now. */
export function standstill(now: Date, rules: Pick<ReleaseRules, 'freeze' | 'window'>): Standstill | undefined {
  if (rules.freeze.length === 0 && rules.window === undefined) return undefined
  const clock = wallClock(rules.window?.zone ?? 'UTC')
  const freezes = rules.freeze.map((freeze) => ({ ...spanOf(freeze, clock), reason: freeze.reason }))
  const opens = (at: number): number => (rules.window === undefined ? at : openFrom(at, rules.window, clock))
  const frozen = freezes.find((span) => holds(span, now.getTime()))
  const until = new Date(firstFree(now.getTime(), freezes, opens))
  if (until <= now) return undefined
  const when = `until ${formatted(until, clock)}`
  if (frozen === undefined) return { kind: 'window', until, says: `outside the window ${when}` }
  const because = frozen.reason === undefined ? '' : `: ${frozen.reason}`
  return { kind: 'freeze', until, says: `a freeze ${when}${because}` }
}

/** In milliseconds, the end exclusive. */
type Span = { readonly from: number; readonly to: number }

/** One freeze may end in another, or while the window is closed. Each step leaves a freeze behind for good. */
function firstFree(now: number, freezes: readonly Span[], opens: (at: number) => number): number {
  let at = opens(now)
  for (let left = freezes; ;) {
    const frozen = left.find((span) => holds(span, at))
    if (frozen === undefined) return at
    left = left.filter((span) => span !== frozen)
    at = opens(frozen.to)
  }
}

function holds({ from, to }: Span, at: number): boolean {
  return from <= at && at < to
}

/** Dates are whole days by the clock, the last one included. */
function spanOf({ from, to }: Freeze, clock: WallClock): Span {
  if (!isDate(from)) return { from: Date.parse(from), to: Date.parse(to) }
  const midnight = (day: number): number => clock.instantOf({ day, minutes: 0 }).getTime()
  return { from: midnight(dayOf(from)), to: midnight(dayOf(to) + 1) }
}

function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / dayMs
}

const dayMs = 86_400_000
/** A zone may leave out a whole day when it changes sides of the date line, so a week is not enough. */
const farthest = 15

/** The moment itself while the window is open, else when it opens next. */
function openFrom(at: number, { days, from, to }: ReleaseWindow, clock: WallClock): number {
  const today = clock.shows(new Date(at)).day
  // What began yesterday may go over midnight.
  for (let day = today - 1; day < today + farthest; day++) {
    if (!days.includes(weekdayOf(day))) continue
    const begin = clock.instantOf({ day, minutes: from }).getTime()
    const end = clock.instantOf({ day: to > from ? day : day + 1, minutes: to }).getTime()
    // Where the clocks leave out all of it, it does not open.
    if (begin < end && at < end) return Math.max(at, begin)
  }
  return at + farthest * dayMs
}

/** The first day of 1970 was a Thursday. */
function weekdayOf(day: number): ReleaseWindow['days'][number] {
  return weekdays[(((day + 3) % 7) + 7) % 7] ?? 'mon'
}

function formatted(instant: Date, clock: WallClock): string {
  const { day, minutes } = clock.shows(instant)
  const weekday = weekdayOf(day)
  const date = new Date(day * dayMs).toISOString().slice(0, 10)
  const time = [Math.floor(minutes / 60), minutes % 60].map((part) => `${part}`.padStart(2, '0')).join(':')
  return `${weekday.charAt(0).toUpperCase()}${weekday.slice(1)} ${date} ${time} ${clock.zone}`
}
