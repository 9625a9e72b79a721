import { type UserId } from '../ids.ts'
import { type Command, commands } from './command.ts'
import { type Role, isAtLeast } from './role.ts'

/** Who asks, as GitHub told it. */
export type AskerFacts = {
  /** The author of the comment; only the type `User` is a person. */
  readonly author: { readonly id: UserId; readonly type: string }
  /** What GitHub answered about the author's login. Logins move between people, so the answer names whom it means. */
  readonly answer: { readonly user: UserId; readonly role: Role | undefined } | 'unknown'
}

export type Authorization = { readonly do: 'allow' } | { readonly do: 'refuse'; readonly because: RefusedBecause }

export type RefusedBecause =
  | { readonly kind: 'no-person' }
  | { readonly kind: 'role-unknown'; readonly needs: Role }
  | { readonly kind: 'other-user'; readonly needs: Role }
  | { readonly kind: 'role-too-low'; readonly has: Role | undefined; readonly needs: Role }

/** Unknown means no: who cannot be shown to have the role has it not. */
export function authorize(command: Command, { author, answer }: AskerFacts): Authorization {
  const { needs } = commands[command.kind]
  if (author.type !== 'User') return refuse({ kind: 'no-person' })
  if (needs === 'anyone') return { do: 'allow' }
  if (answer === 'unknown') return refuse({ kind: 'role-unknown', needs })
  if (answer.user !== author.id) return refuse({ kind: 'other-user', needs })
  const { role } = answer
  if (role === undefined || !isAtLeast(role, needs)) return refuse({ kind: 'role-too-low', has: role, needs })
  return { do: 'allow' }
}

function refuse(because: RefusedBecause): Authorization {
  return { do: 'refuse', because }
}
