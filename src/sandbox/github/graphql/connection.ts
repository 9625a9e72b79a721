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

/** Of a list that changes while it is read: texts by which it is sorted, so that no other item is lost when one leaves. */
export type Order<T> = { readonly key: (item: T) => string; readonly descending: boolean }

/** One page of a list. A cursor is a place in it, or the key of an item where there is an order. */
export function connection<T>(
  typename: string,
  items: readonly T[],
  { page, node, order }: { readonly page: Page; readonly node: (item: T) => unknown; readonly order?: Order<T> },
): Fields {
  const cursors = order === undefined ? byPlace : byKey(items, order)
  const [from, to] = bounds(typename, items.length, { page, cursors })
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
        cursor: cursors.cursor(from + i),
      })),
    pageInfo: {
      __typename: 'PageInfo',
      hasPreviousPage: from > 0,
      hasNextPage: to < items.length,
      startCursor: from < to ? cursors.cursor(from) : null,
      endCursor: from < to ? cursors.cursor(to - 1) : null,
    },
  }
}

function bounds(
  typename: string,
  count: number,
  { page: { first, last, after, before }, cursors }: { readonly page: Page; readonly cursors: Cursors },
): readonly [number, number] {
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
  const start = after === undefined ? 0 : cursors.place(after).end
  const end = before === undefined ? count : Math.min(cursors.place(before).start, count)
  if (first === undefined) return [Math.max(start, end - wanted), end]
  return [Math.min(start, end), Math.min(start + wanted, end)]
}

type Cursors = {
  /** The cursor of the item at this index. */
  cursor(index: number): string
  /** The indexes between which its item is: the same twice when it has left. */
  place(cursor: string): { readonly start: number; readonly end: number }
}

const byPlace: Cursors = {
  cursor: (index) => encodeCursor(String(index)),
  place(cursor) {
    const index = decodeCursor(cursor, /^[0-9]+$/)
    return { start: Number(index), end: Number(index) + 1 }
  },
}

function byKey<T>(items: readonly T[], { key, descending }: Order<T>): Cursors {
  const isBefore = (one: string, other: string): boolean => (descending ? one > other : one < other)
  return {
    cursor: (index) =>
      items
        .slice(index, index + 1)
        .map((item) => encodeCursor(key(item)))
        .join(''),
    place(cursor) {
      const at = decodeCursor(cursor, /^./)
      const start = items.filter((item) => isBefore(key(item), at)).length
      return { start, end: start + items.filter((item) => key(item) === at).length }
    },
  }
}

function encodeCursor(text: string): string {
  return Buffer.from(`cursor:${text}`).toString('base64')
}

function decodeCursor(cursor: string, form: RegExp): string {
  const text = Buffer.from(cursor, 'base64').toString('utf8')
  const rest = text.slice('cursor:'.length)
  if (text.startsWith('cursor:') && form.test(rest)) return rest
  throw refusal('INVALID_PAGINATION_BOUNDARIES', `\`${cursor}\` does not appear to be a valid cursor.`)
}
