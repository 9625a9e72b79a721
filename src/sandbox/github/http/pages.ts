import { type ApiRequest } from './router.ts'

/** One page of a list, and the `Link` that leads through the others. */
export type Page<T> = {
  readonly items: readonly T[]
  readonly total: number
  readonly headers: Readonly<Record<string, string>>
}

export function pageOf<T>({ query, url }: Pick<ApiRequest, 'query' | 'url'>, all: readonly T[]): Page<T> {
  const perPage = Math.min(100, positive(query.get('per_page'), 30))
  const page = positive(query.get('page'), 1)
  const last = Math.max(1, Math.ceil(all.length / perPage))
  const links = [
    ...(page > 1 ? [link(url, page - 1, 'prev')] : []),
    ...(page < last ? [link(url, page + 1, 'next'), link(url, last, 'last')] : []),
    ...(page > 1 ? [link(url, 1, 'first')] : []),
  ]
  return {
    items: all.slice((page - 1) * perPage, page * perPage),
    total: all.length,
    headers: links.length === 0 ? {} : { Link: links.join(', ') },
  }
}

export function positive(text: string | null, otherwise: number): number {
  const number = Number(text)
  return Number.isSafeInteger(number) && number > 0 ? number : otherwise
}

function link(url: URL, page: number, rel: string): string {
  const target = new URL(url)
  target.searchParams.set('page', String(page))
  return `<${target.href}>; rel="${rel}"`
}
