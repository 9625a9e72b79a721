/**
 * not-found: no such repository, or not for this credential, or no such commit · denied: the credential is refused ·
 * untrusted: TLS or the host key · branch-gone: the repository is there, the branch is not · too-large: beyond our
 * limits · corrupt: our copy, also after it was cloned anew · unreachable: network, 5xx, 429, time-out.
 */
export type GitErrorClass =
  | 'not-found'
  | 'denied'
  | 'untrusted'
  | 'branch-gone'
  | 'too-large'
  | 'disk-full'
  | 'corrupt'
  | 'unreachable'

/** The remote, or our copy of it, could not be read. What is known of it stays as it was: nothing is gone. */
export class GitError extends Error {
  readonly class: GitErrorClass
  readonly turn: 'operator' | 'time'
  readonly help?: string

  constructor(
    kind: GitErrorClass,
    message: string,
    options: { readonly turn?: 'operator' | 'time'; readonly help?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'GitError'
    this.class = kind
    this.turn = options.turn ?? (kind === 'unreachable' ? 'time' : 'operator')
    if (options.help !== undefined) this.help = options.help
  }

  /** Whether the same may succeed a little later, without anybody doing anything. */
  get retry(): boolean {
    return this.turn === 'time'
  }
}
