import type { RegistryEvent } from './notifications.ts'

/** What a handler decides: the response, and what the registry tells its subscriber about it. */
export type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  readonly event?: RegistryEvent
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...headers },
    body: `${JSON.stringify(value)}\n`,
  }
}

/** Codes and their statuses: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes */
const statuses = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 400,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  PAGINATION_NUMBER_INVALID: 400,
  RANGE_INVALID: 416,
  SIZE_INVALID: 413,
  TAG_INVALID: 400,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
} as const

export function failure(code: keyof typeof statuses, message: string): Answer {
  return {
    status: statuses[code],
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify({ errors: [{ code, message, detail: null }] })}\n`,
  }
}
