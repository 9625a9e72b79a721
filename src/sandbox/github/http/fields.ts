import { ApiError, unprocessable } from '../api-error.ts'

/** The fields of a request's JSON body, read as GitHub reads them: what is missing or of a wrong type is 422. */
export type Fields = {
  readonly all: Readonly<Record<string, unknown>>
  has(name: string): boolean
  text(name: string): string
  optionalText(name: string): string | undefined
  /** Null stays null: it empties a field. */
  nullableText(name: string): string | null | undefined
  optionalFlag(name: string): boolean | undefined
  optionalNumber(name: string): number | undefined
  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined
  list(name: string): readonly unknown[]
  optionalList(name: string): readonly unknown[] | undefined
  optionalObject(name: string): Fields | undefined
}

export function parseBody(body: Buffer): Fields {
  if (body.length === 0) return fieldsOf({})
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new ApiError(400, 'Problems parsing JSON')
  }
  // Labels may be sent as a bare list.
  if (Array.isArray(value)) return fieldsOf({ labels: value })
  if (!isObject(value)) throw new ApiError(400, 'Body should be a JSON object')
  return fieldsOf(value)
}

export function fieldsOf(all: Readonly<Record<string, unknown>>): Fields {
  const optional = <T>(name: string, kind: string, is: (value: unknown) => value is T): T | undefined => {
    const value = all[name]
    if (value === undefined || value === null) return undefined
    if (!is(value)) throw wrongType(name, value, kind)
    return value
  }
  return {
    all,
    has: (name) => all[name] !== undefined,
    text(name) {
      const text = optional(name, 'a string', isText)
      if (text === undefined) throw unprocessable(`Invalid request.\n\n"${name}" wasn't supplied.`)
      return text
    },
    optionalText: (name) => optional(name, 'a string', isText),
    nullableText: (name) => (all[name] === null ? null : optional(name, 'a string', isText)),
    optionalFlag: (name) => optional(name, 'a boolean', (value) => typeof value === 'boolean'),
    optionalNumber: (name) => optional(name, 'a number', (value) => typeof value === 'number'),
    oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
      const text = optional(name, 'a string', isText)
      const found = allowed.find((candidate) => candidate === text)
      if (text !== undefined && found === undefined)
        throw wrongType(name, text, `a member of ${JSON.stringify(allowed)}`)
      return found
    },
    list(name) {
      const list = optional(name, 'an array', Array.isArray)
      if (list === undefined) throw unprocessable(`Invalid request.\n\n"${name}" wasn't supplied.`)
      return list
    },
    optionalList: (name) => optional(name, 'an array', Array.isArray),
    optionalObject(name) {
      const value = optional(name, 'an object', isObject)
      return value === undefined ? undefined : fieldsOf(value)
    },
  }
}

/** A member of a list that must be an object. */
export function objectFields(value: unknown, name: string): Fields {
  if (!isObject(value)) throw wrongType(name, value, 'an object')
  return fieldsOf(value)
}

function wrongType(name: string, value: unknown, kind: string): ApiError {
  return unprocessable(`Invalid request.\n\nFor 'properties/${name}', ${JSON.stringify(value)} is not ${kind}.`)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
