/** What a route answers; the server adds what every answer has. */
export type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Undefined: no body. */
  readonly body?: Body
}

export type Body =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'bytes'; readonly type: string; readonly value: Buffer }

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers, body: { kind: 'json', value } }
}

export function bytes(type: string, value: Buffer | string): Answer {
  return { status: 200, body: { kind: 'bytes', type, value: Buffer.from(value) } }
}

export const noContent: Answer = { status: 204 }
