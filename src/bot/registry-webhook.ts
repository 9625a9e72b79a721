import { createHash, timingSafeEqual } from 'node:crypto'
import { parseNotification } from '../core/image/registry-notification.ts'
import { formatProblem } from '../core/parsed.ts'
import type { Secret } from '../core/secret.ts'
import { repositoriesWith } from '../io/store/repositories.ts'
import type { Deps } from './deps.ts'
import type { WebhookAnswer, WebhookRequest } from './github-webhook.ts'
import { journeys } from './keys.ts'

/**
 * A registry says that tags were pushed; `host` is the name under which manifests know it, from the URL that the
 * operator gave the registry. Registries do not sign, so a shared secret comes as `Authorization: Bearer …`. Nothing of
 * the payload is believed: a tag is the hint to read that image's tags, if somebody follows the image.
 */
export async function receiveRegistry(
  { database, jobs, log }: Deps,
  { secret, host }: { readonly secret: Secret | undefined; readonly host: string },
  { headers, body }: WebhookRequest,
): Promise<WebhookAnswer> {
  if (secret === undefined) return answer(404, 'registry notifications are off: set REGISTRY_WEBHOOK_SECRET')
  if (!isBearer(headers['authorization'], secret))
    return answer(401, 'expected REGISTRY_WEBHOOK_SECRET as bearer token')
  const pushed = parseNotification(jsonOf(body), host)
  if (!pushed.ok) return answer(400, pushed.problems.map(formatProblem).join('; '))
  const images = [...new Set(pushed.value.map(({ image }) => image))]
  let followed = 0
  for (const image of images) {
    if ((await repositoriesWith(database, image)).length === 0) continue
    followed += 1
    await jobs.ask(journeys.tags, image)
  }
  log.info({ host, images: images.length, followed }, 'registry notification taken')
  return answer(202, `${followed} of ${images.length} images are followed`)
}

/** Compared as digests, so that neither content nor length shows in the time it takes. */
function isBearer(given: WebhookRequest['headers'][string], secret: Secret): boolean {
  const text = typeof given === 'string' ? given : ''
  return timingSafeEqual(digest(text), digest(`Bearer ${secret.reveal()}`))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

function answer(status: number, message: string): WebhookAnswer {
  return { status, body: { message } }
}
