import { type Json, parseJson } from '../../core/json.ts'
import type { Secret } from '../../core/secret.ts'
import { type Call, formatCall } from './call.ts'
import { KubernetesError } from './errors.ts'
import { refusalOf } from './refusal.ts'

/** A whole answer, as it came. */
export type Answer = {
  readonly status: number
  readonly type: string
  readonly retryAfter?: string | undefined
  readonly text: string
  /** Our token. A server has no reason to repeat it, but what it refuses with is shown to people. */
  readonly unspoken?: Secret | undefined
}

/** What a success says; anything else is thrown. */
export function readAnswer(call: Call, answer: Answer): Json {
  const { status, type, retryAfter } = answer
  if (status < 200 || status >= 300) {
    const text = withoutToken(answer)
    throw refusalOf(call, { status, retryAfter, text, body: jsonOf(type, text) })
  }
  const body = jsonOf(type, answer.text)
  if (body !== undefined) return body
  const message = `${formatCall(call)} was answered with something that is no JSON (${type === '' ? 'of no type' : type})`
  throw new KubernetesError(message, { class: 'bad-answer', status })
}

function withoutToken({ text, unspoken }: Answer): string {
  const token = unspoken?.reveal() ?? ''
  return token === '' ? text : text.replaceAll(token, '•••')
}

function jsonOf(type: string, text: string): Json | undefined {
  if (!type.startsWith('application/json')) return undefined
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}
