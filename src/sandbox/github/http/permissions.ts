import { ApiError, notFound } from '../api-error.ts'
import { type Caller } from '../caller.ts'
import { allows } from '../operations/installations.ts'
import { roleAtLeast, roleOf } from '../render/repository.ts'
import { type Access, type Permissions, type Repository, type Role } from '../state.ts'
import table from './route-permissions.json' with { type: 'json' }
import { type Route } from './router.ts'

export type Alternatives = readonly Permissions[]

/**
 * What each route asks of an installation: alternatives, each a set that is needed together. `published` is GitHub's
 * own list; `assumed` are routes it does not name, taken from their neighbours.
 */
const asked: ReadonlyMap<string, Alternatives> = new Map(
  [...Object.entries(table.published), ...Object.entries(table.assumed)].map(([route, alternatives]) => [
    route,
    alternatives.map(parseAlternative),
  ]),
)

export function askedOf(route: Pick<Route, 'method' | 'path'>): Alternatives | undefined {
  return asked.get(`${route.method} ${route.path}`)
}

/** Refuses a caller who may not use this route on this repository. */
export function refuseCaller(caller: Caller, route: Route, repository: Repository): void {
  switch (caller.kind) {
    case 'installation':
      return refuseInstallation(caller.permissions, route)
    case 'person':
      return refuseRole(roleOf(repository, caller.account), route)
    case 'anonymous':
      if (route.method !== 'GET') throw new ApiError(401, 'Requires authentication')
      return undefined
    case 'app':
      throw new ApiError(401, 'A JSON web token could not be used here')
  }
}

function refuseInstallation(permissions: Permissions, route: Route): void {
  const alternatives = askedOf(route)
  if (alternatives === undefined) {
    throw new ApiError(501, `no permission is known for ${route.method} ${route.path}`)
  }
  if (alternatives.some((needed) => holds(permissions, needed))) return
  throw notAccessible(alternatives)
}

export function notAccessible(alternatives: Alternatives): ApiError {
  return new ApiError(403, 'Resource not accessible by integration', { headers: acceptedHeaders(alternatives) })
}

export function acceptedHeaders(alternatives: Alternatives): Record<string, string> {
  const accepted = alternatives.map((needed) =>
    Object.entries(needed)
      .map(([name, access]) => `${name}=${access}`)
      .join(','),
  )
  return { 'X-Accepted-GitHub-Permissions': accepted.join('; ') }
}

export function holds(permissions: Permissions, needed: Permissions): boolean {
  return Object.entries(needed).every(([name, access]) => allows(permissions[name], access))
}

/** Who may read may also talk and propose; everything else that writes needs write. */
function refuseRole(role: Role | 'none', { method, path }: Route): void {
  if (role === 'none') throw notFound()
  const talks = /\/(comments|reactions|reviews)(\/|$)/.test(path) || (method === 'POST' && path.endsWith('/pulls'))
  const needed = method === 'GET' || talks ? 'read' : 'write'
  if (!roleAtLeast(role, needed)) throw new ApiError(403, 'Must have push access to the repository')
}

function parseAlternative(needed: Readonly<Record<string, string | undefined>>): Permissions {
  const parsed: Record<string, Access> = {}
  for (const [name, access] of Object.entries(needed))
    if (access === 'read' || access === 'write') parsed[name] = access
  return parsed
}
