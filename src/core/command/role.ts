/** What GitHub lets somebody do in a repository, from least to most. */
export const roles = ['read', 'triage', 'write', 'maintain', 'admin'] as const

export type Role = (typeof roles)[number]

/** GitHub's `permissions` of a person on a repository. */
export type Permissions = {
  readonly admin?: boolean
  readonly maintain?: boolean
  readonly push?: boolean
  readonly triage?: boolean
  readonly pull?: boolean
}

/** The highest role that the booleans give: a custom role has a name of its own, which says nothing of its rank. */
export function roleOf(permissions: Permissions): Role | undefined {
  return roles.findLast((role) => permissions[permissionOf[role]] === true)
}

export function isAtLeast(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed)
}

const permissionOf: Readonly<Record<Role, keyof Permissions>> = {
  read: 'pull',
  triage: 'triage',
  write: 'push',
  maintain: 'maintain',
  admin: 'admin',
}
