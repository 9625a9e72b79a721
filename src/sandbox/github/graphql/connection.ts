import { type Fields } from './fields.ts'
import { once } from './once.ts'
import { refusal } from './refuse.ts'

export type Page = {
  readonly first?: number
  readonly last?: number
  readonly after?: string
  readonly before?: string
}

const mostNodes = 100

/** One page of a list. A cursor is a place in it: the lists here do not move within a test's two requests. */
export function connection<T>(
  typename: string,
  items: readonly T[],
  { page, node }: { readonly page: Page; readonly node: (item: T) => unknown },
): Fields {
  const [from, to] = bounds(typename, items.length, page)
  // Only what is asked for is looked up: `totalCount` alone reads no commit.
  const nodes = once(() => items.slice(from, to).map(node))
  return {
    __typename: typename,
    totalCount: items.length,
    nodes,
    edges: () =>
      nodes().map((each, i) => ({
        __typename: typename.replace(/Connection$/, 'Edge'),
        node: each,
        cursor: cursor(from + i),
      })),
    pageInfo: {
      __typename: 'PageInfo',
      hasPreviousPage: from > 0,
      hasNextPage: to < items.length,
      startCursor: from < to ? cursor(from) : null,
      endCursor: from < to ? cursor(to - 1) : null,
    },
  }
}

function bounds(typename: string, count: number, { first, last, after, before }: Page): readonly [number, number] {
  const name = `${typename.charAt(0).toLowerCase()}${typename.slice(1)}`.replace(/Connection$/, '')
  const wanted = first ?? last ?? undefined
  if (wanted === undefined) {
    throw refusal(
      'MISSING_PAGINATION_BOUNDARIES',
      `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`,
    )
  }
  if (wanted > mostNodes || wanted < 0) {
    const limit = wanted < 0 ? 'below 0' : `exceeding the \`first\` limit of ${mostNodes} records`
    throw refusal('EXCESSIVE_PAGINATION', `Requesting ${wanted} records on the \`${name}\` connection is ${limit}.`)
  }
  const start = after === undefined ? 0 : place(after) + 1
  const end = before === undefined ? count : Math.min(place(before), count)
  if (first === undefined) return [Math.max(start, end - wanted), end]
  return [Math.min(start, end), Math.min(start + wanted, end)]
}

function cursor(place: number): string {
  return Buffer.from(`cursor:${place}`).toString('base64')
}

function place(cursor: string): number {
  const found = /^cursor:([0-9]+)$/.exec(Buffer.from(cursor, 'base64').toString('latin1'))
  if (found === null)
    throw refusal('INVALID_PAGINATION_BOUNDARIES', `\`${cursor}\` does not appear to be a valid cursor.`)
  return Number(found[1])
}
