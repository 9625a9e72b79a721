/** What the clocks of a time zone show: `day` counts days since 1970-01-01, `minutes` those since midnight. */
export type WallTime = { readonly day: number; readonly minutes: number }

export type WallClock = {
  readonly zone: string
  readonly shows: (instant: Date) => WallTime
  /**
   * When they show it, by the rules of calendars (RFC 5545, 3.3.5): of a time that they show twice the first; one that
   * they leave out is counted on from before the jump, as by a clock that nobody has put forward yet.
   */
  readonly instantOf: (time: WallTime) => Date
}

export function wallClock(zone: string): WallClock {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const shown = (ms: number): number => asIfUtc(format.formatToParts(ms))
  const offsetAt = (ms: number): number => shown(ms) - Math.floor(ms / 1000) * 1000
  return {
    zone,
    shows: (instant) => {
      const ms = shown(instant.getTime())
      const day = Math.floor(ms / dayMs)
      return { day, minutes: Math.floor((ms - day * dayMs) / minuteMs) }
    },
    instantOf: ({ day, minutes }) => {
      const wanted = day * dayMs + minutes * minuteMs
      const before = wanted - offsetAt(wanted - dayMs)
      const after = wanted - offsetAt(wanted + dayMs)
      const shows = (ms: number): boolean => shown(ms) === wanted
      return new Date(!shows(before) && shows(after) ? after : before)
    },
  }
}

const minuteMs = 60_000
const dayMs = 1440 * minuteMs

function asIfUtc(parts: readonly Intl.DateTimeFormatPart[]): number {
  const of = (type: Intl.DateTimeFormatPart['type']): number =>
    Number(parts.find((part) => part.type === type)?.value ?? 0)
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
}
