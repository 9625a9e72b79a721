import { type Parsed, parsed, refused } from '../parsed.ts'
import { quoted } from './source.ts'

const minuteMs = 60_000
const unitsMs: Readonly<Record<string, number>> = { m: minuteMs, h: 60 * minuteMs, d: 1440 * minuteMs }
const longestMs = 90 * 1440 * minuteMs

/** `90m`, `2h`, `3d`, at most `90d`; in milliseconds. */
export function parseDuration(text: string): Parsed<number> {
  const [, count = '', unit = ''] = /^([0-9]{1,6})([mhd])$/.exec(text) ?? []
  const unitMs = unitsMs[unit]
  if (unitMs === undefined) {
    return refused({
      message: `expected a duration like \`90m\`, \`2h\` or \`3d\`, got \`${quoted(text)}\``,
      help: 'a whole number and its unit: minutes, hours or days',
    })
  }
  const ms = Number(count) * unitMs
  return ms <= longestMs ? parsed(ms) : refused(`expected a duration of at most \`90d\`, got \`${text}\``)
}
