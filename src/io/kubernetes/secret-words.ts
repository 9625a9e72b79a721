import { type Json, jsonAt } from '../../core/json.ts'
import type { Call } from './call.ts'

export function isSecret({ about }: Call): boolean {
  return about?.kind.group === '' && about.kind.resource === 'secrets'
}

type Said = {
  readonly status: number
  readonly reason: string
  readonly message: string
  readonly details: Json | undefined
}

/**
 * What is wrong with a Secret, without the server's words: those quote what they refuse (`.data.password: expected
 * string, got 12345`), and so may a webhook's. Only what cannot be a value is taken from them: fields, and their errors' kinds.
 */
export function wordsForSecret(said: Said): string {
  const { status, reason } = said
  const fields = fieldsOfSecret(said)
  const what = fields.length === 0 ? '' : `: ${fields.join(', ')}`
  return `the API server refused the Secret (${status} ${reason === '' ? 'without a reason' : reason})${what}`
}

/** `data[.dockerconfigjson] (FieldValueInvalid)` */
export function fieldsOfSecret({ message, details }: Said): readonly string[] {
  return [...causesOf(details), ...fieldInMessage(message)]
}

function causesOf(details: Json | undefined): readonly string[] {
  const causes = jsonAt(details, 'causes')
  if (!Array.isArray(causes)) return []
  return causes.flatMap((cause: Json) => {
    const field = jsonAt(cause, 'field')
    const kind = jsonAt(cause, 'reason')
    return typeof field === 'string' && typeof kind === 'string' ? [`${field} (${kind})`] : []
  })
}

/**
 * `failed to create typed patch object (demo/login; /v1, Kind=Secret): .data.password: expected string, got …`,
 * `… error decoding from json: illegal base64 data at input byte 7`
 */
function fieldInMessage(message: string): readonly string[] {
  const field = /^failed to create typed patch object \([^)]*\): (\.[\w.-]+): /.exec(message)?.[1]
  const base64 = /^failed to convert new object .*: (illegal base64 data at input byte \d+)$/.exec(message)?.[1]
  return [field, base64].filter((found) => found !== undefined)
}
