/** Somebody else's turn: it failed, and the same thing later may succeed. */
export class Transient extends Error {
  /** How long the other side asked to be left alone; without it the back-off decides. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, options: { readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.retryAfterMs = options.retryAfterMs
  }
}
