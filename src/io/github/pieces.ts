import { GitHubUnavailable, hasStatus } from './errors.ts'
import { errorTypes } from './graphql.ts'

/** Asks for many things in pieces of at most so many, and of half as many where GitHub says that it was too much. */
export async function inPieces<Item, Answer>(
  items: readonly Item[],
  most: number,
  ask: (piece: readonly Item[]) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = []
  let size = most
  for (let from = 0; from < items.length;) {
    const piece = items.slice(from, from + size)
    try {
      answers.push(await ask(piece))
      from += piece.length
    } catch (error) {
      if (piece.length === 1 || !mayBeTooMuch(error)) throw error
      size = halfOf(piece)
    }
  }
  return answers
}

export function halfOf(piece: readonly unknown[]): number {
  return Math.ceil(piece.length / 2)
}

/**
 * GitHub gives up a query after 10 seconds or so, with 502, 504 or an error that says "something went wrong"
 * (https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api). It says the same when it
 * is down: then smaller pieces fail as well, and a few requests are lost.
 */
export function mayBeTooMuch(error: unknown): boolean {
  if (!(error instanceof GitHubUnavailable) || error.retryAfterMs !== undefined) return false
  return hasStatus(error.cause, 502, 504) || errorTypes(error.cause).length > 0
}
