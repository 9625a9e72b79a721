import { type Parsed, type Place, type Problem, parsed, refused } from '../parsed.ts'
import { checked, mapOf, textOf, textsUnder } from './shape.ts'
import { type Spot, quoted } from './source.ts'

/**
 * A time in which nothing is merged by itself. Either two dates (`2026-12-20`), both inclusive, or two instants as in
 * RFC 3339 (`2026-12-20T18:00:00+01:00`), the first inclusive.
 */
export type Freeze = { readonly from: string; readonly to: string; readonly reason?: string }

const moment = textOf('a date like `2026-12-20`', parseMoment)

export const freezeShape = checked(
  mapOf({ from: moment, to: moment, reason: textOf('text, a reason', parseReason) }, ['from', 'to']),
  wrongOrder,
)

const dateForm = /^(\d{4})-(\d{2})-(\d{2})$/
const instantForm =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,3})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Whether it means a whole day, in whatever time zone. */
export function isDate(text: string): boolean {
  return dateForm.test(text)
}

function parseMoment(text: string): Parsed<string> {
  const date = isDate(text) ? text : instantForm.exec(text)?.[1]
  if (date === undefined) {
    return refused({
      message: `expected a date like \`2026-12-20\`, got \`${quoted(text)}\``,
      help: 'or an instant with its offset: `2026-12-20T18:00:00+01:00`',
    })
  }
  return existsInCalendar(date) ? parsed(text) : refused(`expected a day of the calendar, got \`${date}\``)
}

function existsInCalendar(date: string): boolean {
  const [, year, month, day] = dateForm.exec(date) ?? []
  const found = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  // A year below 100 would be taken for one of the last century.
  return Number(year) >= 1970 && found.getUTCMonth() + 1 === Number(month) && found.getUTCDate() === Number(day)
}

function parseReason(text: string): Parsed<string> {
  return text.length <= 200 && /^\S(?:[^\n]*\S)?$/.test(text)
    ? parsed(text)
    : refused('expected a reason of at most 200 characters on one line')
}

function wrongOrder(spot: Spot): readonly Problem[] {
  const from = momentUnder(spot, 'from')
  const to = momentUnder(spot, 'to')
  if (from === undefined || to === undefined) return []
  if (isDate(from.text) !== isDate(to.text)) {
    return [
      {
        message: 'expected two dates or two instants, got one of each',
        at: to.at,
        help: `\`from\` is \`${from.text}\``,
      },
    ]
  }
  const isRight = isDate(from.text) ? from.text <= to.text : Date.parse(from.text) < Date.parse(to.text)
  return isRight
    ? []
    : [
        {
          message: `expected an end after \`${from.text}\`, got \`${to.text}\``,
          at: to.at,
          help: 'swap `from` and `to`',
        },
      ]
}

function momentUnder(spot: Spot, key: string): { readonly text: string; readonly at: Place } | undefined {
  return textsUnder(spot, key).find(({ text }) => parseMoment(text).ok)
}
