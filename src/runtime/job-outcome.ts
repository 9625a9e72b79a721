import { Transient } from '../core/transient.ts'
import { UserError } from '../core/user-error.ts'
import { type Backoff, retryDelayMs } from './retry.ts'

export type FailedTry = {
  readonly error: unknown
  /** Counting this one. */
  readonly tries: number
  readonly stopping: boolean
  /** In [0, 1). */
  readonly chance: number
}

export type Outcome =
  | { readonly do: 'finish'; readonly because: 'user error' }
  | { readonly do: 'retry'; readonly afterMs: number; readonly because: 'stopping' | 'transient' | 'bug' }
  | { readonly do: 'give up' }

/** A job that needs a person is finished: the same thing again would say the same thing again. */
export function decideAfterFailure(
  { error, tries, stopping, chance }: FailedTry,
  limits: { readonly tries: number; readonly backoff: Backoff },
): Outcome {
  if (error instanceof UserError) return { do: 'finish', because: 'user error' }
  if (stopping) return { do: 'retry', afterMs: 0, because: 'stopping' }
  if (tries >= limits.tries) return { do: 'give up' }
  const afterMs = retryDelayMs(tries, error, { backoff: limits.backoff, chance })
  // A bug is tried again too: many of them are a race with something that will have passed.
  return { do: 'retry', afterMs, because: error instanceof Transient ? 'transient' : 'bug' }
}
