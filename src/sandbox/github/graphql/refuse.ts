import { GraphQLError } from 'graphql'
import { canSee, type Caller } from '../caller.ts'
import { allows } from '../operations/installations.ts'
import { roleAtLeast, roleOf } from '../render/repository.ts'
import { type Access, type Repository } from '../state.ts'

export type Refusal =
  | 'NOT_FOUND'
  | 'FORBIDDEN'
  | 'UNPROCESSABLE'
  | 'STALE_DATA'
  | 'MISSING_PAGINATION_BOUNDARIES'
  | 'EXCESSIVE_PAGINATION'
  | 'INVALID_PAGINATION_BOUNDARIES'

export function refusal(type: Refusal, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type } })
}

/** The field is refused and null, as GitHub does; the rest of the answer stands. */
export function need(caller: Caller, repository: Repository, wanted: Wanted): void {
  if (!may(caller, repository, wanted)) throw refusal('FORBIDDEN', 'Resource not accessible by integration')
}

/** `{ checks: 'read' }`; several: one of them is enough. */
export type Wanted = Readonly<Record<string, Access>>

export function may(caller: Caller, repository: Repository, wanted: Wanted): boolean {
  if (!canSee(caller, repository)) return false
  const some = (has: (permission: string, access: Access) => boolean): boolean =>
    Object.entries(wanted).some(([permission, access]) => has(permission, access))
  switch (caller.kind) {
    case 'installation':
      return some((permission, access) => allows(caller.permissions[permission], access))
    case 'person': {
      const role = roleOf(repository, caller.account)
      return role !== 'none' && some((_, access) => roleAtLeast(role, access))
    }
    case 'anonymous':
    case 'app':
      return some((_, access) => access === 'read')
  }
}
