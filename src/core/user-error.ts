/**
 * The user's turn: something only a person can mend. `message` says what is wrong with the bad value and the expected
 * one; `help` says what to do next. What may pass is a `Transient`; every other error is a bug.
 */
export class UserError extends Error {
  readonly help: string

  constructor(message: string, options: { readonly help: string; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'UserError'
    this.help = options.help
  }
}
