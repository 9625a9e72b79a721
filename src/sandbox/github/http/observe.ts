import { type Answer } from './answer.ts'
import { apiPrefix } from './front.ts'
import { type HttpRequest } from './request.ts'

/** One request to the REST API and its answer. Bodies are parsed JSON; undefined where there is none. */
export type Exchange = {
  readonly method: string
  /** Below the API's root, without the query: `/repos/acme/gitops/pulls`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly requestBody: unknown
  readonly status: number
  readonly responseBody: unknown
  /** Something else than JSON was asked for: a diff, a file as it is. */
  readonly otherMedia: boolean
}

export type Observe = (listener: (exchange: Exchange) => void) => () => void

export type Observers = {
  /** Gives a function that ends it. */
  readonly observe: Observe
  readonly tell: (request: HttpRequest, answer: Answer) => void
}

/** Whoever watches what goes over the REST API. GraphQL, git and pages are not told of. */
export function createObservers(): Observers {
  const listeners = new Set<(exchange: Exchange) => void>()
  return {
    observe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tell(request, answer) {
      const { pathname } = request.url
      if (listeners.size === 0 || !pathname.startsWith(`${apiPrefix}/`) || pathname.endsWith('/graphql')) return
      const exchange = exchangeOf(request, answer)
      listeners.forEach((listener) => listener(exchange))
    },
  }
}

function exchangeOf({ method, url, body }: HttpRequest, answer: Answer): Exchange {
  return {
    method,
    path: url.pathname.slice(apiPrefix.length),
    query: Object.fromEntries(url.searchParams),
    requestBody: body.length === 0 ? undefined : parse(body.toString('utf8')),
    status: answer.status,
    // As it goes over the wire: without what is undefined.
    responseBody: answer.body?.kind === 'json' ? parse(JSON.stringify(answer.body.value)) : undefined,
    otherMedia: answer.body?.kind === 'bytes',
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What is no JSON is nothing that a description of JSON could say something of.
    return undefined
  }
}
