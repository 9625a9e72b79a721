import { validationCode } from '../core/image/event-grid-validation.ts'
import { parseRegistryNotification } from '../core/image/registry-notification.ts'
import { provesSecret } from '../core/image/registry-notification-proof.ts'
import { registryName } from '../core/image/ref.ts'
import { formatProblem } from '../core/parsed.ts'
import type { Secret } from '../core/secret.ts'
import type { HttpAnswer } from '../runtime/http.ts'
import type { RegistrySetting } from '../runtime/registries.ts'
import type { Deps } from './deps.ts'
import type { WebhookRequest } from './github-webhook.ts'
import { type PushedImages, createPushedImages } from './pushed-images.ts'

export type RegistryWebhook = {
  readonly receive: (request: WebhookRequest, host: string) => Promise<HttpAnswer>
  /** Whoever sends CloudEvents asks first: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md */
  readonly permit: (request: WebhookRequest, host: string) => Promise<HttpAnswer>
}

type Expected = { readonly secret: Secret | undefined; readonly registries: readonly RegistrySetting[] }

/**
 * A registry says that tags were pushed; `host` is the name under which manifests know it, from the URL that the
 * operator gave the registry. Nothing of the payload is believed: a tag is the hint to read that image's tags, if
 * somebody follows the image. So nobody can have us ask for anything that we would not ask for by ourselves.
 */
export function createRegistryWebhook(deps: Deps, expected: Expected): RegistryWebhook {
  const pushedImages = createPushedImages(deps)
  return {
    receive: async (request, host) => {
      const refusal = whyNot(request, host, expected)
      return refusal ?? (await take({ ...deps, pushedImages }, request, registryName(host)))
    },
    permit: async (request, host) => whyNot(request, host, expected) ?? permitted(request),
  }
}

/** The secret first: who does not know it learns nothing of our registries. */
function whyNot(request: WebhookRequest, host: string, { secret, registries }: Expected): HttpAnswer | undefined {
  if (secret === undefined) return answer(404, 'registry notifications are off: set REGISTRY_WEBHOOK_SECRET')
  if (!provesSecret(secret, request))
    return { ...answer(401, `expected REGISTRY_WEBHOOK_SECRET ${waysToProve}`), headers: challenge }
  const names = registries.map((registry) => registryName(registry.host))
  if (names.includes(registryName(host))) return undefined
  return answer(
    404,
    `\`${host.slice(0, 100)}\` is none of the registries that Lotse asks; end the address in the host as manifests name it, and have it in REGISTRIES`,
  )
}

/** Some senders keep the password of their address to themselves until they are asked for it. */
const challenge = { 'www-authenticate': 'Basic realm="registry notifications", Bearer' }

const waysToProve =
  'as bearer token, as the Authorization header, as password, in X-Webhook-Secret, or as the key of a signature of the body'

/** Of a thousand that are alike, the first tell enough. */
const mostProblems = 5

type TakeDeps = Pick<Deps, 'log'> & { readonly pushedImages: PushedImages }

async function take({ log, pushedImages }: TakeDeps, request: WebhookRequest, host: string): Promise<HttpAnswer> {
  const body = jsonOf(request.body)
  if (body === undefined) return answer(400, 'expected JSON: set the content type of the webhook to application/json')
  const validationResponse = validationCode(body)
  // Of any other status than 200 Event Grid thinks that nobody is there.
  if (validationResponse !== undefined) return { status: 200, body: { validationResponse } }
  const pushed = parseRegistryNotification(body, { host, headers: request.headers })
  if (!pushed.ok) return answer(400, pushed.problems.slice(0, mostProblems).map(formatProblem).join('; '))
  const images = new Set(pushed.value.map(({ image }) => image))
  const followed = await pushedImages(pushed.value)
  log.info({ host, images: images.size, followed }, 'registry notification taken')
  return answer(202, `${followed} of ${images.size} images are followed`)
}

/** As often as it likes: what is too much is coalesced here. */
function permitted({ headers }: WebhookRequest): HttpAnswer {
  const origin = headers['webhook-request-origin']
  return typeof origin === 'string' && /^[\w.:-]{1,255}$/.test(origin)
    ? { status: 200, headers: { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' } }
    : answer(400, 'expected the name of who wants to send in WebHook-Request-Origin')
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

function answer(status: number, message: string): HttpAnswer {
  return { status, body: { message } }
}
