/** What an API server or the way to it refused, by what can be done about it. */
export type KubernetesErrorClass =
  /** The object is wrong: 400, 422, and 500 of a server-side apply that cannot read it. */
  | 'invalid'
  | 'too-large'
  /** A webhook looked at the object and said no. */
  | 'refused-by-webhook'
  /** An admission plugin or policy said no: PodSecurity, LimitRanger, ValidatingAdmissionPolicy. */
  | 'refused-by-policy'
  | 'no-such-namespace'
  /** The server does not serve the kind (any more); told apart from an object that is not there. */
  | 'no-such-kind'
  /** A write to an object that is not there. Reads and deletes answer that without an error. */
  | 'not-found'
  | 'quota'
  /** RBAC said no. Nothing is known of the object: least of all that it is absent. */
  | 'forbidden'
  /** Nobody knows our token or certificate. */
  | 'unauthorized'
  /** We do not believe the server's certificate. */
  | 'untrusted'
  /** A credential or CA cannot be read. */
  | 'no-credentials'
  /** More than we are ready to hold. */
  | 'answer-too-large'
  | 'namespace-terminating'
  | 'webhook-unreachable'
  /** Somebody was quicker, or it exists already. */
  | 'conflict'
  | 'throttled'
  /** 410: the place in a list or watch is forgotten; begin again. */
  | 'expired'
  | 'unavailable'
  | 'unreachable'
  | 'timed-out'
  /** Cut off, not JSON, or not what was asked for: something stands between us and the server. */
  | 'bad-answer'

/** Whose turn it is: the author's of the object, the cluster's operator's, or nobody's but time's. */
export type Turn = 'author' | 'operator' | 'time'

const turns: Readonly<Record<KubernetesErrorClass, Turn>> = {
  invalid: 'author',
  'too-large': 'author',
  'refused-by-webhook': 'author',
  'refused-by-policy': 'author',
  'no-such-namespace': 'author',
  'no-such-kind': 'author',
  'not-found': 'time',
  quota: 'operator',
  forbidden: 'operator',
  unauthorized: 'operator',
  untrusted: 'operator',
  'no-credentials': 'operator',
  'answer-too-large': 'operator',
  'namespace-terminating': 'time',
  'webhook-unreachable': 'time',
  conflict: 'time',
  throttled: 'time',
  expired: 'time',
  unavailable: 'time',
  unreachable: 'time',
  'timed-out': 'time',
  'bad-answer': 'time',
}

export type KubernetesErrorFacts = {
  readonly class: KubernetesErrorClass
  /** Of the answer; undefined when there was none. */
  readonly status?: number | undefined
  /** The server's own word: `Forbidden`, `Invalid`. */
  readonly reason?: string | undefined
  readonly retryAfterMs?: number | undefined
  /** What to do next. */
  readonly help?: string | undefined
  /** Which of its fields are wrong, and in what way: all that may be told of a Secret. */
  readonly fieldsOfSecret?: readonly string[]
  readonly cause?: unknown
}

/** The message is the server's own, cut: untrusted text. It holds no token, and of a Secret no value. */
export class KubernetesError extends Error {
  readonly class: KubernetesErrorClass
  readonly turn: Turn
  readonly status: number | undefined
  readonly reason: string | undefined
  readonly retryAfterMs: number | undefined
  readonly help: string | undefined
  readonly fieldsOfSecret: readonly string[]

  constructor(message: string, facts: KubernetesErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'KubernetesError'
    this.class = facts.class
    this.turn = turns[facts.class]
    this.status = facts.status
    this.reason = facts.reason
    this.retryAfterMs = facts.retryAfterMs
    this.help = facts.help
    this.fieldsOfSecret = facts.fieldsOfSecret ?? []
  }
}

export function isKubernetesError(
  error: unknown,
  ...classes: readonly KubernetesErrorClass[]
): error is KubernetesError {
  return error instanceof KubernetesError && classes.includes(error.class)
}
