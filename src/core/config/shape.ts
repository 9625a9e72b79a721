import { type Parsed, type Place, type Problem, parsed, refused } from '../parsed.ts'
import { nearest } from './nearest.ts'
import { type Entry, type Spot, quoted } from './source.ts'

/**
 * How one value of the configuration is read. `keys` are the rows of a map with fixed keys, `values` what stands under
 * any key of a map with free ones or in a list: documentation, the JSON Schema and its test walk them.
 */
export type Shape<T> = {
  readonly read: (spot: Spot) => Parsed<T>
  readonly keys?: Readonly<Record<string, Shape<unknown>>>
  readonly values?: Shape<unknown>
}

type Rows = Readonly<Record<string, Shape<unknown>>>
type Read<S> = S extends Shape<infer T> ? T : never
type MapOf<R extends Rows, Required extends keyof R> = { readonly [K in Required]: Read<R[K]> } & {
  readonly [K in Exclude<keyof R, Required>]?: Read<R[K]>
}

/** A map with these keys and no others. */
export function mapOf<R extends Rows, Required extends keyof R & string>(
  rows: R,
  required: readonly Required[],
): Shape<MapOf<R, Required>> {
  return {
    keys: rows,
    read: (spot) => {
      if (spot.kind !== 'map') return expected('a map', spot)
      const missing = required
        .filter((key) => !spot.entries.some((entry) => entry.key === key))
        .map((key) => ({ message: `expected the key \`${key}\``, at: spot.at, help: `add \`${key}:\`` }))
      const read = spot.entries.map(({ key, at, value }) => {
        const row = Object.hasOwn(rows, key) ? rows[key] : undefined
        return { key, value: row === undefined ? unknownKey({ key, at, value }, Object.keys(rows)) : row.read(value) }
      })
      const all = gather(read, missing)
      return all.ok ? parsed(Object.fromEntries(all.value) as MapOf<R, Required>) : all
    },
  }
}

/** A map with free keys, each named after something: `parseKey` says what may be one. */
export function recordOf<K extends string, T>(
  shape: Shape<T>,
  rules: {
    readonly parseKey: (text: string) => Parsed<K>
    /** What no entry can know alone. */
    readonly together: (entries: readonly Entry[]) => readonly Problem[]
  },
): Shape<Readonly<Record<K, T>>> {
  return {
    values: shape,
    read: (spot) => {
      if (spot.kind !== 'map') return expected('a map', spot)
      const names = spot.entries.flatMap(({ key, at }) => placed(rules.parseKey(key), at))
      const read = spot.entries.map(({ key, value }) => ({ key, value: shape.read(value) }))
      const all = gather(read, [...names, ...rules.together(spot.entries)])
      return all.ok ? parsed(Object.fromEntries(all.value) as Record<K, T>) : all
    },
  }
}

/** The same value, where `rule` finds no fault in it: for what its parts cannot know alone. */
export function checked<T>(shape: Shape<T>, rule: (spot: Spot) => readonly Problem[]): Shape<T> {
  return {
    ...shape,
    read: (spot) => {
      const result = shape.read(spot)
      const [first, ...others] = [...rule(spot), ...(result.ok ? [] : result.problems)]
      return first === undefined ? result : refused(first, ...others)
    },
  }
}

export function listOf<T>(shape: Shape<T>, rules: { readonly atMost: number }): Shape<readonly T[]> {
  return {
    values: shape,
    read: (spot) => {
      if (spot.kind !== 'list') return expected('a list', spot)
      const tooMany =
        spot.items.length > rules.atMost
          ? [{ message: `expected at most ${rules.atMost} entries, got ${spot.items.length}`, at: spot.at }]
          : []
      const all = gather(
        spot.items.slice(0, rules.atMost).map((item, index) => ({ key: String(index), value: shape.read(item) })),
        tooMany,
      )
      return all.ok ? parsed(all.value.map(([, value]) => value)) : all
    },
  }
}

export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  const names = values.map((value) => `\`${value}\``)
  const list = [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '').join(' or ')
  return {
    read: (spot) => {
      const value = values.find((known) => spot.kind === 'scalar' && spot.value === known)
      return value === undefined ? expected(list, spot) : parsed(value)
    },
  }
}

export function wholeNumber({ atLeast, atMost }: { readonly atLeast: number; readonly atMost: number }): Shape<number> {
  return {
    read: (spot) => {
      const value = spot.kind === 'scalar' ? spot.value : undefined
      const isMeant = typeof value === 'number' && Number.isInteger(value) && value >= atLeast && value <= atMost
      return isMeant ? parsed(value) : expected(`a whole number from ${atLeast} to ${atMost}`, spot)
    },
  }
}

/** Text that `parse` understands. Its problems get the place of the text. */
export function textOf<T>(what: string, parse: (text: string) => Parsed<T>): Shape<T> {
  return {
    read: (spot) => {
      if (spot.kind !== 'scalar' || typeof spot.value !== 'string') return expected(what, spot)
      const result = parse(spot.value)
      const [first, ...others] = placed(result, spot.at)
      return first === undefined ? result : refused(first, ...others)
    },
  }
}

/** The texts under `key`, one or a list: for rules between entries, which hold even where an entry is wrong elsewhere. */
export function textsUnder(spot: Spot, key: string): readonly { readonly text: string; readonly at: Place }[] {
  const value = spot.kind === 'map' ? spot.entries.find((entry) => entry.key === key)?.value : undefined
  const spots = value?.kind === 'list' ? value.items : value === undefined ? [] : [value]
  return spots.flatMap((found) =>
    found.kind === 'scalar' && typeof found.value === 'string' ? [{ text: found.value, at: found.at }] : [],
  )
}

function expected(what: string, spot: Spot): Parsed<never> {
  if (spot.kind === 'unclear') return refused(spot.problem)
  const help =
    spot.kind === 'scalar' && typeof spot.value !== 'string' && /^text|path/.test(what) ? 'quote it' : undefined
  const problem = { message: `expected ${what}, got ${described(spot)}`, at: spot.at }
  return refused(help === undefined ? problem : { ...problem, help })
}

function described(spot: Exclude<Spot, { readonly kind: 'unclear' }>): string {
  switch (spot.kind) {
    case 'map':
    case 'list':
      return `a ${spot.kind}`
    case 'scalar':
      if (spot.value === null) return 'nothing'
      if (typeof spot.value !== 'string') return `the ${typeof spot.value} \`${spot.value}\``
      return `${/^(?:[\d.]+|true|false|null)$/.test(spot.value) ? 'the text ' : ''}\`${quoted(spot.value)}\``
  }
}

function unknownKey({ key, at, value }: Entry, known: readonly string[]): Parsed<never> {
  return refused({ message: `unknown key \`${quoted(key)}\``, at, help: helpFor(key, value, known) })
}

function helpFor(key: string, value: Spot, known: readonly string[]): string {
  if (key === '<<') return 'write the keys out'
  const [meant] = nearest(key, known)
  if (meant !== undefined) return `did you mean \`${meant}\`?`
  const keys = `known keys: ${known.map((name) => `\`${name}\``).join(', ')}`
  // `{ days: sat,sun }` is the key `sun` to YAML.
  const isEmpty = value.kind === 'scalar' && value.value === null
  return isEmpty ? `${keys}; in braces, text with a comma stands in quotes` : keys
}

function placed(result: Parsed<unknown>, at: Spot['at']): readonly Problem[] {
  return result.ok ? [] : result.problems.map((problem) => ({ ...problem, at }))
}

function gather<T>(
  read: readonly { readonly key: string; readonly value: Parsed<T> }[],
  others: readonly Problem[],
): Parsed<readonly (readonly [string, T])[]> {
  const [first, ...rest] = [...others, ...read.flatMap(({ value }) => (value.ok ? [] : value.problems))]
  if (first !== undefined) return refused(first, ...rest)
  return parsed(read.flatMap(({ key, value }) => (value.ok ? [[key, value.value] as const] : [])))
}
