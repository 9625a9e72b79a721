import type { Octokit } from '@octokit/rest'
import { GitHubUnavailable, rateLimitMs } from './errors.ts'

/** The types of errors that answer a query. Without a type it is "Something went wrong", and others mean a limit. */
const answers: readonly string[] = ['NOT_FOUND', 'FORBIDDEN', 'UNPROCESSABLE', 'STALE_DATA', 'INSUFFICIENT_SCOPES']

/**
 * Sends a query; a GraphQL error that is an answer is thrown as it is, every other is GitHub's turn. A request that
 * failed as a whole was translated by the client.
 */
export async function graphql<Answer>(
  octokit: Octokit,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  try {
    return await octokit.graphql<Answer>(query, { ...variables })
  } catch (error) {
    const types = errorTypes(error)
    if (types.every((type) => answers.includes(type))) throw error
    const limited = types.some((type) => ['RATE_LIMITED', 'RATE_LIMIT'].includes(type))
    const retryAfterMs = limited ? rateLimitMs(headersOf(error)) : undefined
    throw new GitHubUnavailable(`GitHub answered ${types.join(', ')} to a GraphQL query`, {
      cause: error,
      retryAfterMs,
    })
  }
}

/** `['NOT_FOUND']`: the types of the errors in a GraphQL answer; empty when the request itself failed. */
export function errorTypes(error: unknown): readonly string[] {
  return errorsOf(error).map(({ type }) => (typeof type === 'string' ? type : 'UNKNOWN'))
}

/** Whether all that GitHub says is that something is not there. */
export function isNotFound(error: unknown): boolean {
  const types = errorTypes(error)
  return types.length > 0 && types.every((type) => type === 'NOT_FOUND')
}

/** Whether all that GitHub says is that there is nothing at this place of the answer: `repository.pullRequest`. */
export function isAbsent(error: unknown, place: string): boolean {
  const errors = errorsOf(error)
  return (
    errors.length > 0 &&
    errors.every(({ type, path }) => type === 'NOT_FOUND' && Array.isArray(path) && path.join('.') === place)
  )
}

type GraphQLError = { readonly type?: unknown; readonly path?: unknown }

function errorsOf(error: unknown): readonly GraphQLError[] {
  if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors)) return []
  return error.errors.map((item: unknown) => (typeof item === 'object' && item !== null ? item : {}))
}

function headersOf(error: unknown): Parameters<typeof rateLimitMs>[0] {
  if (!(error instanceof Error) || !('headers' in error)) return {}
  return typeof error.headers === 'object' && error.headers !== null ? { ...error.headers } : {}
}
