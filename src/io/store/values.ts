const bigint = 20

/** Parsers by type, the same for both engines: they differ for bigint, `pg` giving a string and PGlite two types. */
export const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [bigint]: (text) => {
    const value = Number(text)
    if (Number.isSafeInteger(value)) return value
    throw new RangeError(`a bigint of the database does not fit a number: ${text}`)
  },
}

/** The engines differ for plain objects and `undefined`; arrays, dates and bytes they send alike. */
export function toSend(values: readonly unknown[]): unknown[] {
  return values.map((value) => {
    if (value === undefined) return null
    if (isPlainObject(value)) return JSON.stringify(value, (_, inner: unknown) => holdable(inner))
    return holdable(value)
  })
}

/**
 * PostgreSQL holds neither NUL nor half a surrogate pair, in text as in JSON, and a manifest or a comment may say
 * either: one such text would keep everything that is written with it from being kept.
 */
function holdable(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd').toWellFormed() : value
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
