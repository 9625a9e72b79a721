import { type Caller } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { type Repository } from '../state.ts'
import { type Answer } from './answer.ts'
import { type Fields } from './fields.ts'

/** A request to the API, with what the path names already found. */
export type ApiRequest = {
  readonly github: GitHub
  readonly caller: Caller
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly fields: Fields
  /** Of the whole request, for `Link`. */
  readonly url: URL
}

export type RepositoryRequest = ApiRequest & { readonly repository: Repository }

/** Written as GitHub's description writes them: `/repos/{owner}/{repo}/pulls/{pull_number}`. */
export type Route = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly handle: Handler
}

export type Handler =
  /** By an app's JWT. */
  | { readonly by: 'app'; readonly run: (request: ApiRequest) => Promise<Answer> }
  /** By anybody, without a permission. */
  | { readonly by: 'anyone'; readonly run: (request: ApiRequest) => Promise<Answer> }
  /** On a repository that the caller can see, with the permission of the table. */
  | { readonly by: 'permission'; readonly run: (request: RepositoryRequest) => Promise<Answer> }

export type Matched = { readonly route: Route; readonly params: Readonly<Record<string, string>> }

export type Router = { match(method: string, path: string): Matched | undefined }

export function createRouter(routes: readonly Route[]): Router {
  // A longer pattern says more: `commits/{ref}/status` comes before `commits/{ref}`.
  const patterns = routes
    .map((route) => ({ route, pattern: new RegExp(`^${patternOf(route.path)}$`) }))
    .toSorted((one, other) => weight(other.route) - weight(one.route))
  return {
    match(method, path) {
      for (const { route, pattern } of patterns) {
        const found = route.method === method ? pattern.exec(path) : null
        if (found !== null) return { route, params: decode(found.groups ?? {}) }
      }
      return undefined
    },
  }
}

/** These hold slashes, encoded or not; the path of the root is empty, with or without a slash before it. */
const longParameters: Readonly<Record<string, string>> = { path: '.*', ref: '.+', branch: '.+', basehead: '.+' }

function patternOf(path: string): string {
  return path
    .replaceAll('.', '\\.')
    .replace('/{path}', '(?:/{path})?')
    .replaceAll(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>${longParameters[name] ?? '[^/]+'})`)
}

function weight({ path }: Route): number {
  return path.replaceAll(/\{\w+\}/g, '').length
}

function decode(groups: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(groups).map(([name, value]) => [name, decodeURIComponentSafely(value ?? '')]),
  )
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray percent sign names nothing; it stays as it is and is not found.
    return text
  }
}
