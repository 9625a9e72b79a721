import { type Parsed, parsed, refused } from '../parsed.ts'
import { nearest } from './nearest.ts'
import { type Shape, mapOf, textOf } from './shape.ts'
import { quoted } from './source.ts'

/** When Lotse may merge by itself. */
export type ReleaseWindow = {
  /** The days on which it begins; the hours after midnight belong to the day before. */
  readonly days: readonly Weekday[]
  /** Minutes since midnight, by the clocks of the zone. `from` above `to` goes over midnight. */
  readonly from: number
  readonly to: number
  /** `Europe/Berlin` */
  readonly zone: string
}

export type Weekday = (typeof weekdays)[number]

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const written = mapOf(
  {
    days: textOf('days like `mon-thu`', parseDays),
    hours: textOf('hours like `08:00-16:00`', parseHours),
    zone: textOf('a time zone like `Europe/Berlin`', parseZone),
  },
  [],
)

export const windowShape: Shape<ReleaseWindow> = {
  ...written,
  read: (spot) => {
    const read = written.read(spot)
    if (!read.ok) return read
    const { days = weekdays, hours = wholeDay, zone = 'UTC' } = read.value
    return parsed({ days, ...hours, zone })
  },
}

const wholeDay = { from: 0, to: 1440 }

/** `mon-thu`, `sat,sun`, `mon`, `fri-mon`. */
export function parseDays(text: string): Parsed<readonly Weekday[]> {
  const parts = text.length <= 80 ? text.split(/ ?, ?/) : []
  const ranges = parts.map(parseRange)
  if (ranges.length === 0 || ranges.includes(undefined)) {
    return refused({
      message: `expected days like \`mon-thu\` or \`sat,sun\`, got \`${quoted(text)}\``,
      help: `the days are ${weekdays.join(', ')}`,
    })
  }
  const named = new Set(ranges.flatMap((range) => range ?? []))
  return parsed(weekdays.filter((day) => named.has(day)))
}

function parseRange(text: string): readonly Weekday[] | undefined {
  const [from = '', to = from, ...more] = text.split('-')
  const first = weekdays.findIndex((day) => day === from)
  const last = weekdays.findIndex((day) => day === to)
  if (first < 0 || last < 0 || more.length > 0) return undefined
  return first <= last ? weekdays.slice(first, last + 1) : [...weekdays.slice(first), ...weekdays.slice(0, last + 1)]
}

/** `08:00-16:00`; `22:00-04:00` goes over midnight. */
function parseHours(text: string): Parsed<Pick<ReleaseWindow, 'from' | 'to'>> {
  const [, from, to] = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d|24:00)$/.exec(text) ?? []
  if (from === undefined || to === undefined) {
    return refused({
      message: `expected hours like \`08:00-16:00\`, got \`${quoted(text)}\``,
      help: 'four digits each, from `00:00` to `24:00`; `22:00-04:00` goes over midnight',
    })
  }
  return from === to
    ? refused({
        message: `expected an end other than the beginning, got \`${text}\``,
        help: 'all day is `00:00-24:00`',
      })
    : parsed({ from: minutesOf(from), to: minutesOf(to) })
}

function minutesOf(clock: string): number {
  const [hours, minutes] = clock.split(':')
  return Number(hours) * 60 + Number(minutes)
}

/** A name of the time zone database: an offset would be wrong for half of the year. */
export function parseZone(text: string): Parsed<string> {
  if (/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(text) && isKnownZone(text)) return parsed(text)
  // Comparing with all of them takes long where a file has many that are wrong.
  const similar = Intl.supportedValuesOf('timeZone').filter((zone) => zone.startsWith(text.charAt(0).toUpperCase()))
  const [meant] = text.length <= 64 ? nearest(text, similar) : []
  return refused({
    message: `expected a time zone like \`Europe/Berlin\`, got \`${quoted(text)}\``,
    help: meant === undefined ? 'a name of the time zone database, or `UTC`' : `did you mean \`${meant}\`?`,
  })
}

function isKnownZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
