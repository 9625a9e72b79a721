import { UserError } from '../../core/user-error.ts'

/** GitHub's turn: try again later. A write may or may not have happened; look before writing again. */
export class GitHubUnavailable extends Error {
  readonly retryAfterMs: number | undefined

  constructor(message: string, options: { readonly cause: unknown; readonly retryAfterMs?: number | undefined }) {
    super(message, { cause: options.cause })
    this.name = 'GitHubUnavailable'
    this.retryAfterMs = options.retryAfterMs
  }
}

type HttpError = Error & {
  readonly status: number
  readonly response?: { readonly headers: Readonly<Record<string, string | number | undefined>> }
}

/** Sorts a failed request by whose turn it is. Other answers (404, 409, 422 …) stay as they are, for the caller. */
export function translateError(error: unknown, what: string): unknown {
  if (!isHttpError(error)) return new GitHubUnavailable(`GitHub could not be reached for ${what}`, { cause: error })
  if (error.status >= 500) return new GitHubUnavailable(`GitHub answered ${error.status} to ${what}`, { cause: error })
  if (isRateLimited(error)) {
    return new GitHubUnavailable(`GitHub's rate limit is used up at ${what}`, {
      cause: error,
      retryAfterMs: waitMs(error),
    })
  }
  const needed = error.response?.headers['x-accepted-github-permissions']
  if (error.status === 403 && needed !== undefined) {
    return new UserError(`the app may not ${what}: it needs the permission ${needed}`, {
      help: "accept the app's new permissions in the organisation's settings, under GitHub Apps",
      cause: error,
    })
  }
  return error
}

export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return isHttpError(error) && statuses.includes(error.status)
}

function isHttpError(error: unknown): error is HttpError {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status >= 400
}

/** Primary limits answer 403 with nothing remaining, secondary ones 403 or 429 with or without `retry-after`. */
function isRateLimited(error: HttpError): boolean {
  if (error.status === 429) return true
  const headers = error.response?.headers ?? {}
  return error.status === 403 && (headers['retry-after'] !== undefined || `${headers['x-ratelimit-remaining']}` === '0')
}

function waitMs(error: HttpError): number {
  const headers = error.response?.headers ?? {}
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  if (Number.isFinite(seconds)) return seconds * 1000
  return 60_000
}
