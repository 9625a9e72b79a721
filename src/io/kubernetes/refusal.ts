import { type Json, jsonAt } from '../../core/json.ts'
import { type Call, formatCall } from './call.ts'
import { KubernetesError, type KubernetesErrorClass } from './errors.ts'
import { fieldsOfSecret, isSecret, wordsForSecret } from './secret-words.ts'

export type Refused = {
  readonly status: number
  readonly retryAfter?: string | undefined
  readonly text: string
  readonly body: Json | undefined
}

/** An answer that is no success, sorted by what can be done about it. */
export function refusalOf(call: Call, refused: Refused): KubernetesError {
  const said = readStatus(call, refused)
  const found = rules.find(({ when }) => when(said))?.is ?? 'bad-answer'
  return new KubernetesError(wordsOf(call, said), {
    class: found,
    status: said.status,
    reason: said.reason === '' ? undefined : said.reason,
    retryAfterMs: retryAfterMs(refused.retryAfter),
    help: found === 'forbidden' ? missingRule(said.message) : undefined,
    fieldsOfSecret: isSecret(call) ? fieldsOfSecret(said) : [],
  })
}

type Said = {
  readonly call: Call
  readonly status: number
  /** Whether it is the API server who speaks: it says why in an object of the kind Status. */
  readonly isStatus: boolean
  readonly reason: string
  readonly message: string
  readonly details: Json | undefined
}

function readStatus(call: Call, { status, text, body }: Refused): Said {
  const isStatus = jsonAt(body, 'kind') === 'Status'
  const textOf = (key: string): string => {
    const value = isStatus ? jsonAt(body, key) : undefined
    return typeof value === 'string' ? value : ''
  }
  return {
    call,
    status,
    isStatus,
    reason: textOf('reason'),
    message: isStatus ? textOf('message') : text,
    details: isStatus ? jsonAt(body, 'details') : undefined,
  }
}

type Rule = { readonly is: KubernetesErrorClass; readonly when: (said: Said) => boolean }

/**
 * The first that speaks. Where many causes share a status and a reason, the words are all that tells them apart; they
 * are the API server's own, and one that changes them falls back to what the status says.
 */
const rules: readonly Rule[] = [
  { is: 'unauthorized', when: ({ status }) => status === 401 },
  { is: 'throttled', when: ({ status }) => status === 429 },
  { is: 'expired', when: ({ status }) => status === 410 },
  { is: 'too-large', when: ({ status }) => status === 413 },

  // A webhook chooses the status with which it refuses.
  { is: 'refused-by-webhook', when: says(/^admission webhook "[^"]*" denied the request/) },
  { is: 'refused-by-policy', when: says(/ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied request/) },
  { is: 'webhook-unreachable', when: with500(/failed calling webhook/) },
  { is: 'invalid', when: with500(/^failed to (?:create typed patch object|convert new object) \(/) },
  { is: 'too-large', when: with500(/request is too large/) },

  { is: 'namespace-terminating', when: ({ details }) => hasCause(details, 'NamespaceTerminating') },
  { is: 'quota', when: with403(/exceeded quota: /) },
  { is: 'refused-by-policy', when: (said) => with403(/ is forbidden: /)(said) && !isAboutRights(said) },
  { is: 'forbidden', when: ({ status }) => status === 403 },

  { is: 'no-such-namespace', when: isAboutNamespace },
  { is: 'not-found', when: isAboutObject },
  { is: 'no-such-kind', when: isAboutKind },
  { is: 'conflict', when: ({ status, isStatus }) => status === 409 && isStatus },
  { is: 'conflict', when: isAboutPatch },
  { is: 'invalid', when: ({ status, isStatus }) => (status === 400 || status === 422) && isStatus },
  // A kind that cannot be listed, or not patched.
  { is: 'no-such-kind', when: ({ status, isStatus }) => status === 405 && isStatus },
  { is: 'timed-out', when: ({ status }) => status === 504 },
  { is: 'unavailable', when: ({ status }) => status >= 500 },
]

function says(words: RegExp): Rule['when'] {
  return ({ isStatus, message }) => isStatus && words.test(message)
}

function with500(words: RegExp): Rule['when'] {
  return (said) => said.status === 500 && says(words)(said)
}

function with403(words: RegExp): Rule['when'] {
  return (said) => said.status === 403 && says(words)(said)
}

/** Authorization, as against admission: who asks may not, whatever the object says. Nobody admits a read. */
function isAboutRights({ call, message }: Said): boolean {
  return call.method === 'GET' || /User "[^"]*" cannot |attempting to grant RBAC permissions/.test(message)
}

/** An object that is absent is named; a version of a group that nobody serves is `NotFound` too, and is not. */
function isAboutObject({ call, status, details }: Said): boolean {
  const name = jsonAt(details, 'name')
  return status === 404 && name !== undefined && name === call.about?.name
}

const notServed = '404 page not found'

/** What else says 404 stands between us and the API server. */
function isAboutKind({ status, isStatus, message }: Said): boolean {
  return status === 404 && (isStatus || message.trim() === notServed)
}

/** A `test` that failed, or a path that is not there: the object is not the one that the patch was made for. */
function isAboutPatch({ call, status, message }: Said): boolean {
  return call.verb === 'patch' && status === 422 && message.startsWith('the server rejected our request')
}

function isAboutNamespace({ call, status, details }: Said): boolean {
  return status === 404 && jsonAt(details, 'kind') === 'namespaces' && call.about?.kind.resource !== 'namespaces'
}

function hasCause(details: Json | undefined, reason: string): boolean {
  const causes = jsonAt(details, 'causes')
  return Array.isArray(causes) && causes.some((cause: Json) => jsonAt(cause, 'reason') === reason)
}

const mostWords = 800

function wordsOf(call: Call, { status, isStatus, reason, message, details }: Said): string {
  if (status === 404 && !isStatus && message.trim() === notServed) {
    return `${formatCall(call)}: the API server does not serve this kind any more`
  }
  if (!isStatus) return `${formatCall(call)} was answered with ${status}, and not by an API server`
  if (isSecret(call)) return wordsForSecret({ status, reason, message, details })
  return shortened(message)
}

/** What is refused may be quoted at any length in the middle: what it is stands in front, and why at the end. */
function shortened(message: string): string {
  if (message.length <= mostWords) return message
  return `${message.slice(0, mostWords / 2)} … ${message.slice(-mostWords / 2)}`.toWellFormed()
}

/** The rule of RBAC that would allow it, from the words of the refusal. */
function missingRule(message: string): string {
  const [, verb, resource, group] = /cannot (\S+) resource "([^"]*)"(?: in API group "([^"]*)")?/.exec(message) ?? []
  return verb === undefined || resource === undefined
    ? 'give the agent the rights that the API server names'
    : `give the agent a role with the rule {apiGroups: ["${group ?? ''}"], resources: ["${resource}"], verbs: ["${verb}"]}`
}

const hourMs = 3_600_000

/** Whole seconds; at most an hour, because nobody is to stop us for good. */
function retryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header.trim()) ? Math.min(Number(header) * 1000, hourMs) : undefined
}
