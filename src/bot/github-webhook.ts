import type { Secret } from '../core/secret.ts'
import { keepDelivery } from '../io/store/deliveries.ts'
import type { Deps } from './deps.ts'
import { journeys } from './keys.ts'
import { isSigned } from './signature.ts'

export type WebhookRequest = {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Exactly the bytes that were sent: the signature is over these. */
  readonly body: Uint8Array
}
export type WebhookAnswer = { readonly status: number; readonly body: { readonly message: string } }

/**
 * GitHub's webhooks, taken before Probot sees them: Probot has no limit, no memory and no second try. A delivery is kept
 * before it is answered, so what was answered with 202 is not lost with the process.
 */
export async function receiveGitHub(
  { database, jobs, log }: Deps,
  secrets: readonly Secret[],
  { headers, body }: WebhookRequest,
): Promise<WebhookAnswer> {
  if (!isSigned(body, header(headers, 'x-hub-signature-256'), secrets)) {
    return answer(401, 'the signature does not fit: give GitHub and the bot the same WEBHOOK_SECRET')
  }
  const guid = header(headers, 'x-github-delivery') ?? ''
  const event = header(headers, 'x-github-event') ?? ''
  if (!/^[0-9a-zA-Z-]{8,64}$/.test(guid)) return answer(400, 'expected a delivery id in X-GitHub-Delivery')
  if (!/^[a-z_]{2,64}$/.test(event)) return answer(400, 'expected the name of an event in X-GitHub-Event')
  const payload = textOf(body)
  if (payload === undefined) {
    return answer(400, 'expected a JSON object as body: set the content type of the webhook to application/json')
  }
  const news = await keepDelivery(database, { guid, event, payload })
  if (news) await jobs.ask(journeys.delivery, guid)
  log.info({ guid, event, news }, 'webhook kept')
  return answer(202, news ? 'kept' : 'processed before')
}

function header(headers: WebhookRequest['headers'], name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

function textOf(body: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? text : undefined
  } catch {
    return undefined
  }
}

function answer(status: number, message: string): WebhookAnswer {
  return { status, body: { message } }
}
