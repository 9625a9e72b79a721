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
    return isPlainObject(value) ? JSON.stringify(value) : value
  })
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
