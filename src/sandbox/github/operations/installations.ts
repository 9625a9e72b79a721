import { randomBytes } from 'node:crypto'
import { ApiError, validationFailed } from '../api-error.ts'
import { covers, personActor } from '../caller.ts'
import { formatTimestamp, timestamp, type GitHub } from '../context.ts'
import { nextId } from '../lookup.ts'
import { renderInstallation } from '../render/app.ts'
import { renderRepositoryName } from '../render/repository.ts'
import {
  type Access,
  type Account,
  type App,
  type Installation,
  type Permissions,
  type Repository,
  type Token,
} from '../state.ts'

export async function installApp(
  github: GitHub,
  { app, account }: { readonly app: App; readonly account: Account },
  repositories: readonly Repository[] | undefined,
): Promise<Installation> {
  const at = timestamp(github)
  const installation: Installation = {
    id: nextId(github.state),
    app,
    account,
    selection: repositories === undefined ? 'all' : 'selected',
    repositories: new Set(repositories?.map(({ id }) => id)),
    permissions: app.permissions,
    events: app.events,
    suspendedAt: undefined,
    createdAt: at,
    updatedAt: at,
  }
  github.state.installations.set(installation.id, installation)
  await tellOfInstallation(github, installation, 'created')
  return installation
}

export async function uninstallApp(github: GitHub, installation: Installation): Promise<void> {
  const { state } = github
  state.installations.delete(installation.id)
  for (const [text, token] of state.tokens) {
    if (token.kind === 'installation' && token.installation === installation) state.tokens.delete(text)
  }
  await tellOfInstallation(github, installation, 'deleted')
}

export async function suspendInstallation(
  github: GitHub,
  installation: Installation,
  { suspended }: { readonly suspended: boolean },
): Promise<void> {
  installation.suspendedAt = suspended ? timestamp(github) : undefined
  await tellOfInstallation(github, installation, suspended ? 'suspend' : 'unsuspend')
}

export async function changeRepositories(
  github: GitHub,
  installation: Installation,
  { add, remove }: { readonly add: readonly Repository[]; readonly remove: readonly Repository[] },
): Promise<void> {
  if (installation.selection === 'all') {
    for (const repository of installed(github, installation)) installation.repositories.add(repository.id)
    installation.selection = 'selected'
  }
  for (const { id } of add) installation.repositories.add(id)
  for (const { id } of remove) installation.repositories.delete(id)
  if (add.length > 0) await tellOfRepositories(github, installation, { action: 'added', repositories: add })
  if (remove.length > 0) await tellOfRepositories(github, installation, { action: 'removed', repositories: remove })
}

export function installed({ state }: GitHub, installation: Installation): readonly Repository[] {
  return [...state.repositories.values()].filter((repository) => covers(installation, repository))
}

async function tellOfInstallation(github: GitHub, installation: Installation, action: string): Promise<void> {
  await github.outbox.emit({
    name: 'installation',
    action,
    actor: personActor(installation.account),
    only: installation,
    payload: () => ({
      installation: renderInstallation(github, installation),
      repositories: installed(github, installation).map(renderRepositoryName),
      ...(action === 'created' ? { requester: null } : {}),
    }),
  })
}

async function tellOfRepositories(
  github: GitHub,
  installation: Installation,
  { action, repositories }: { readonly action: 'added' | 'removed'; readonly repositories: readonly Repository[] },
): Promise<void> {
  const names = repositories.map(renderRepositoryName)
  await github.outbox.emit({
    name: 'installation_repositories',
    action,
    actor: personActor(installation.account),
    only: installation,
    payload: () => ({
      installation: renderInstallation(github, installation),
      repository_selection: installation.selection,
      repositories_added: action === 'added' ? names : [],
      repositories_removed: action === 'removed' ? names : [],
      requester: null,
    }),
  })
}

export type TokenWanted = {
  readonly repositoryIds?: readonly number[]
  readonly repositories?: readonly string[]
  readonly permissions?: Permissions
}

export type MintedToken = Token & { readonly kind: 'installation' }

const lifetimeMs = 60 * 60 * 1000

/** A token of an hour, for no more than the installation has: wanting more is refused, not cut. */
export function mintToken(github: GitHub, installation: Installation, wanted: TokenWanted): MintedToken {
  if (installation.suspendedAt !== undefined) throw new ApiError(403, 'This installation has been suspended')
  const repositories = wantedRepositories(github, installation, wanted)
  const token: MintedToken = {
    kind: 'installation',
    token: `ghs_${randomBytes(27).toString('base64url').replaceAll(/[-_]/g, 'x')}`,
    installation,
    permissions: wantedPermissions(installation, wanted.permissions),
    repositories,
    expiresAt: formatTimestamp(new Date(github.now().getTime() + lifetimeMs)),
  }
  github.state.tokens.set(token.token, token)
  return token
}

function wantedRepositories(
  github: GitHub,
  installation: Installation,
  { repositoryIds, repositories }: TokenWanted,
): ReadonlySet<number> | undefined {
  if (repositoryIds === undefined && repositories === undefined) return undefined
  const visible = installed(github, installation)
  const found = new Set<number>()
  for (const wanted of [...(repositoryIds ?? []), ...(repositories ?? [])]) {
    const repository = visible.find(({ id, name }) =>
      typeof wanted === 'number' ? id === wanted : name.toLowerCase() === wanted.toLowerCase(),
    )
    if (repository === undefined) {
      throw new ApiError(
        422,
        'There is at least one repository that does not exist or is not accessible to the parent installation.',
      )
    }
    found.add(repository.id)
  }
  return found
}

function wantedPermissions(installation: Installation, wanted: Permissions | undefined): Permissions {
  if (wanted === undefined) return installation.permissions
  for (const [name, access] of Object.entries(wanted)) {
    if (!allows(installation.permissions[name], access)) {
      throw new ApiError(422, 'The permissions requested are not granted to this installation.')
    }
  }
  // Metadata can always be read.
  return { metadata: 'read', ...wanted }
}

const ranks: readonly Access[] = ['read', 'write', 'admin']

/** Write includes read. */
export function allows(granted: Access | undefined, wanted: Access): boolean {
  return granted !== undefined && ranks.indexOf(granted) >= ranks.indexOf(wanted)
}

export function parsePermissions(value: unknown): Permissions {
  if (typeof value !== 'object' || value === null) {
    throw validationFailed({ resource: 'Installation', field: 'permissions', code: 'invalid' })
  }
  const permissions: Record<string, Access> = {}
  for (const [name, access] of Object.entries(value)) {
    if (access !== 'read' && access !== 'write' && access !== 'admin') {
      throw validationFailed({ resource: 'Installation', field: `permissions.${name}`, code: 'invalid' })
    }
    permissions[name] = access
  }
  return permissions
}
