import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../secret.ts'
import type { NotificationHeaders } from './registry-notification-formats.ts'

type Notification = { readonly headers: NotificationHeaders; readonly body: Uint8Array }

/**
 * Whether who sent this knows the secret. A header holds it, or a signature of the body made with it:
 *
 * - `Authorization: Bearer SECRET`, `Authorization: SECRET`, or as the password of `Basic`: distribution and GitLab,
 *   Harbor, Azure, JFrog, API destinations of EventBridge; those that take `https://any:SECRET@HOST/…`
 * - `X-Hub-Signature-256`: GitHub
 * - `X-Nexus-Webhook-Signature`: Nexus, whose HMAC is of SHA-1, which is still good for that
 * - `X-Webhook-Secret`: whatever else can set a header of its own
 *
 * A query parameter is deliberately none of them: proxies write URLs to their logs. So what can send no header (Docker Hub,
 * Quay, Pub/Sub) needs something in front that adds one.
 */
export function provesSecret(secret: Secret, notification: Notification): boolean {
  return proofs.some(({ header, expected }) => {
    const given = notification.headers[header]
    return (
      typeof given === 'string' && expected(secret.reveal(), notification, given).some((text) => isSame(given, text))
    )
  })
}

type Proof = {
  readonly header: string
  /** What this header has to be, in any of these forms. */
  readonly expected: (secret: string, notification: Notification, given: string) => readonly string[]
}

const proofs: readonly Proof[] = [
  {
    header: 'authorization',
    expected: (secret, _, given) => [bearerOf(secret, given), secret, basicOf(secret, given)],
  },
  { header: 'x-hub-signature-256', expected: (secret, { body }) => [`sha256=${hmac('sha256', secret, body)}`] },
  { header: 'x-nexus-webhook-signature', expected: (secret, { body }) => [hmac('sha1', secret, body)] },
  { header: 'x-webhook-secret', expected: (secret) => [secret] },
]

/** Schemes in any case, and with as many spaces as were given: https://www.rfc-editor.org/rfc/rfc9110#section-11.4 */
function bearerOf(secret: string, given: string): string {
  const [scheme = 'Bearer '] = /^Bearer {1,9}/i.exec(given) ?? []
  return `${scheme}${secret}`
}

/** With the user name that was given: only the password counts. */
function basicOf(secret: string, given: string): string {
  const [, scheme = 'Basic ', pair = ''] = /^(Basic {1,9})([A-Za-z0-9+/=]{1,1024})$/i.exec(given) ?? []
  const username = Buffer.from(pair, 'base64').toString('utf8').split(':')[0] ?? ''
  return `${scheme}${Buffer.from(`${username}:${secret}`).toString('base64')}`
}

function hmac(algorithm: 'sha1' | 'sha256', secret: string, body: Uint8Array): string {
  return createHmac(algorithm, secret).update(body).digest('hex')
}

/** Compared as digests, so that neither content nor length shows in the time it takes. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(digest(given), digest(expected))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
