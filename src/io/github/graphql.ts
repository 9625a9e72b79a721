import type { Octokit } from '@octokit/rest'
import { GitHubUnavailable, translateError } from './errors.ts'

/** Sends a query; a GraphQL error whose type says "busy" is GitHub's turn, every other is thrown as it is. */
export async function graphql<Answer>(
  octokit: Octokit,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  try {
    return await octokit.graphql<Answer>(query, { ...variables })
  } catch (error) {
    if (isBusy(error))
      throw new GitHubUnavailable('GitHub is too busy for a GraphQL query', { cause: error, retryAfterMs: 60_000 })
    throw errorTypes(error).length > 0 || error instanceof GitHubUnavailable
      ? error
      : translateError(error, 'POST /graphql')
  }
}

/** `['NOT_FOUND']`: the types of the errors in a GraphQL answer; empty when the request itself failed. */
export function errorTypes(error: unknown): readonly string[] {
  if (!(error instanceof Error) || !('errors' in error) || !Array.isArray(error.errors)) return []
  return error.errors.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'type' in item && typeof item.type === 'string'
      ? item.type
      : 'UNKNOWN',
  )
}

function isBusy(error: unknown): boolean {
  return errorTypes(error).some((type) => ['RATE_LIMITED', 'RATE_LIMIT', 'MAX_NODE_LIMIT_EXCEEDED'].includes(type))
}
