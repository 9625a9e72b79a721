/** JSON as Kubernetes knows it: whole numbers are exact, whatever their size. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject

export type JsonObject = { readonly [key: string]: Json }

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at a path of keys and indices; undefined where there is none. */
export function jsonAt(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let at = value
  for (const step of path) {
    if (typeof step === 'number') at = Array.isArray(at) ? at[step] : undefined
    else at = isJsonObject(at) && Object.hasOwn(at, step) ? at[step] : undefined
  }
  return at
}

/** Reads what a server sent; throws a `SyntaxError`. A number that a double cannot hold becomes a `bigint`. */
export function parseJson(text: string): Json {
  // Reviving costs as much as parsing, and almost no text has such a number.
  if (!/\d{16}/.test(text)) return JSON.parse(text)
  return JSON.parse(text, exactly)
}

function exactly(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source
  return typeof value === 'number' && source !== undefined && /^-?\d{16,}$/.test(source) && !Number.isSafeInteger(value)
    ? BigInt(source)
    : value
}

/** The text to send; a `bigint` is written as the number that it is. Throws where JSON has no such number. */
export function formatJson(value: Json): string {
  return write(value, (keys) => keys)
}

/** The same value has the same text, in whatever order its keys came: what is hashed and compared. */
export function canonicalJson(value: Json): string {
  return write(value, (keys) => keys.toSorted())
}

function write(value: Json, order: (keys: readonly string[]) => readonly string[]): string {
  if (typeof value === 'bigint') return `${value}`
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('expected a number that JSON has')
  if (Array.isArray(value)) return `[${value.map((item: Json) => write(item, order)).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const pairs = order(Object.keys(value)).map((key) => `${JSON.stringify(key)}:${write(value[key] ?? null, order)}`)
  return `{${pairs.join(',')}}`
}
