import { Transient } from '../../core/transient.ts'
import { UserError } from '../../core/user-error.ts'

/** GitHub's turn: try again later. A write may or may not have happened; look before writing again. */
export class GitHubUnavailable extends Transient {}

type Headers = Readonly<Record<string, string | number | undefined>>
type Response = { readonly headers: Headers; readonly data?: unknown }
type Answered = Error & { readonly status: number; readonly response: Response }

/** Sorts a failed request by whose turn it is. Other answers (404, 409, 422 …) stay as they are, for the caller. */
export function translateError(error: unknown, what: string): unknown {
  if (!isAnswered(error)) return new GitHubUnavailable(`GitHub could not be reached for ${what}`, { cause: error })
  if (error.status >= 500) return new GitHubUnavailable(`GitHub answered ${error.status} to ${what}`, { cause: error })
  const { headers } = error.response
  if (isRateLimited(error)) {
    return new GitHubUnavailable(`GitHub's rate limit is used up at ${what}`, {
      cause: error,
      retryAfterMs: rateLimitMs(headers),
    })
  }
  const needed = headers['x-accepted-github-permissions']
  if (needed !== undefined && lacksPermission(error)) {
    return new UserError(`the app may not ${what}: it needs the permission ${needed}`, {
      help: "accept the app's new permissions in the organisation's settings, under GitHub Apps",
      cause: error,
    })
  }
  return error
}

export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  return isAnswered(error) && statuses.includes(error.status)
}

/** Octokit gives a status also to a request that nobody answered: 500. Only an answer has headers. */
function isAnswered(error: unknown): error is Answered {
  if (!(error instanceof Error) || !('status' in error) || !('response' in error)) return false
  return typeof error.status === 'number' && error.status >= 400 && error.response !== undefined
}

/**
 * Primary limits answer 403 or 429 with nothing remaining; secondary ones with or without `retry-after`, and then with
 * where they are documented.
 */
function isRateLimited({ status, response: { headers, data } }: Answered): boolean {
  if (status === 429) return true
  if (status !== 403) return false
  return headers['retry-after'] !== undefined || nothingRemains(headers) || documentedAs(data, 'secondary-rate-limits')
}

function documentedAs(data: unknown, anchor: string): boolean {
  return said(data, 'documentation_url').endsWith(anchor)
}

/**
 * GitHub names the permissions that a route accepts with every answer, also when an archived or locked repository is
 * why it refuses. What it refuses for a permission has no code but these words.
 */
function lacksPermission({ status, response: { data } }: Answered): boolean {
  return status === 403 && said(data, 'message').startsWith('Resource not accessible by ')
}

function said(data: unknown, field: 'message' | 'documentation_url'): string {
  if (typeof data !== 'object' || data === null) return ''
  const value: unknown = Object.entries(data).find(([name]) => name === field)?.[1]
  return typeof value === 'string' ? value : ''
}

const minuteMs = 60_000
const hourMs = 3_600_000

/**
 * How long GitHub wants to be left alone: what it asks for, else until the budget is filled up again, else a minute
 * (https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api). The wait for the budget is
 * counted by GitHub's own clock, so that ours may be wrong; budgets are by the hour.
 */
export function rateLimitMs(headers: Headers): number {
  const asked = Number(headers['retry-after'] ?? Number.NaN) * 1000
  // A second more, as both are whole seconds.
  const refill = Number(headers['x-ratelimit-reset']) * 1000 - Date.parse(`${headers['date']}`) + 1000
  const wanted = [asked, nothingRemains(headers) ? refill : Number.NaN].find((ms) => Number.isFinite(ms))
  return Math.min(Math.max(wanted ?? minuteMs, 0), hourMs)
}

function nothingRemains(headers: Headers): boolean {
  return `${headers['x-ratelimit-remaining']}` === '0'
}
