import type { Octokit } from '@octokit/rest'
import { GitHubUnavailable, rateLimitMs } from './errors.ts'

/**
 * Sends a query; a GraphQL error whose type says "busy" is GitHub's turn, every other is thrown as it is. A request that
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
    if (!isBusy(error)) throw error
    const retryAfterMs = rateLimitMs(headersOf(error))
    throw new GitHubUnavailable('GitHub is too busy for a GraphQL query', { cause: error, retryAfterMs })
  }
}

/** `['NOT_FOUND']`: the types of the errors in a GraphQL answer; empty when the request itself failed. */
export function errorTypes(error: unknown): readonly string[] {
  return errorsOf(error).map(({ type }) => (typeof type === 'string' ? type : 'UNKNOWN'))
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

function isBusy(error: unknown): boolean {
  return errorTypes(error).some((type) => ['RATE_LIMITED', 'RATE_LIMIT', 'MAX_NODE_LIMIT_EXCEEDED'].includes(type))
}

function headersOf(error: unknown): Parameters<typeof rateLimitMs>[0] {
  if (!(error instanceof Error) || !('headers' in error)) return {}
  return typeof error.headers === 'object' && error.headers !== null ? { ...error.headers } : {}
}
