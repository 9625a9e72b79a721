import { type Account, type App, type Installation, type Permissions, type Repository } from './state.ts'

/** Who makes a request. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'person'; readonly account: Account }
  /** By a JWT: may look at itself and mint tokens, nothing else. */
  | { readonly kind: 'app'; readonly app: App }
  | {
      readonly kind: 'installation'
      readonly installation: Installation
      readonly permissions: Permissions
      readonly repositories: ReadonlySet<number> | undefined
    }

/** Who does something, and what they may do it with. Installations act as their app's bot. */
export type Actor = {
  readonly account: Account
  readonly app: App | undefined
  /** Undefined: a person, whose role on the repository decides. */
  readonly permissions: Permissions | undefined
}

export function actorOf(caller: Caller): Actor | undefined {
  switch (caller.kind) {
    case 'person':
      return personActor(caller.account)
    case 'installation': {
      const { app } = caller.installation
      return { account: app.bot, app, permissions: caller.permissions }
    }
    case 'anonymous':
    case 'app':
      return undefined
  }
}

export function personActor(account: Account): Actor {
  return { account, app: undefined, permissions: undefined }
}

/** `installation 1042 of lotse`, `person ann`: for the counted requests. */
export function describeCaller(caller: Caller): string {
  switch (caller.kind) {
    case 'anonymous':
      return 'anonymous'
    case 'person':
      return `person ${caller.account.login}`
    case 'app':
      return `app ${caller.app.slug}`
    case 'installation':
      return `installation ${caller.installation.id} of ${caller.installation.app.slug}`
  }
}

/** Whether a repository exists for a caller; where it does not, GitHub answers 404. */
export function canSee(caller: Caller, repository: Repository): boolean {
  switch (caller.kind) {
    case 'app':
      return false
    case 'anonymous':
      return !repository.private
    case 'person':
      return !repository.private || repository.collaborators.has(caller.account.id) || owns(caller.account, repository)
    case 'installation':
      // Public repositories are readable to every installation, but the sandbox is strict: what is not in scope is 404.
      return inScope(caller, repository)
  }
}

export function covers(installation: Installation, repository: Repository): boolean {
  if (installation.account !== repository.owner) return false
  return installation.selection === 'all' || installation.repositories.has(repository.id)
}

function inScope(caller: Caller & { kind: 'installation' }, repository: Repository): boolean {
  if (!covers(caller.installation, repository)) return false
  return caller.repositories === undefined || caller.repositories.has(repository.id)
}

function owns(account: Account, repository: Repository): boolean {
  return repository.owner === account || repository.owner.members.get(account.id) === 'admin'
}
