import { type Parsed, parsed, refused } from '../core/parsed.ts'

/** What settings are read as, whoever has them. */

export function wholeNumber(least: number, most: number): (text: string) => Parsed<number> {
  return (text) => {
    const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN
    return value >= least && value <= most
      ? parsed(value)
      : refused(`expected a whole number from ${least} to ${most}, got \`${text}\``)
  }
}

export function oneOf<const T extends string>(values: readonly T[]): (text: string) => Parsed<T> {
  return (text) => {
    const value = values.find((one) => one === text)
    return value === undefined ? refused(`expected one of ${values.join(', ')}, got \`${text}\``) : parsed(value)
  }
}

export function httpUrl(text: string): Parsed<string> {
  const url = URL.parse(text)
  const fine =
    url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '' && url.hash === ''
  return fine ? parsed(url.href.replace(/\/+$/, '')) : refused(`expected an http or https address, got \`${text}\``)
}

export function duration(text: string): Parsed<number> {
  const [, digits, unit] = /^([0-9]{1,6})(s|m|h)$/.exec(text) ?? []
  const ms = Number(digits) * (unit === 's' ? 1000 : unit === 'm' ? 60_000 : 3_600_000)
  return ms >= 1000 && ms <= 86_400_000
    ? parsed(ms)
    : refused(`expected a duration from 1s to 24h, such as \`90s\` or \`5m\`, got \`${text}\``)
}
