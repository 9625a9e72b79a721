import type { Octokit } from '@octokit/rest'
import {
  type BranchName,
  type InstallationId,
  type RepoId,
  type RepoName,
  type UserId,
  parseBranchName,
  parseInstallationId,
  parseRepoId,
  parseRepoName,
  parseUserId,
} from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { hasStatus } from './errors.ts'

export type AppIdentity = { readonly appId: number; readonly slug: string; readonly bot: UserId }

/** Who we are on GitHub: the slug people mention, and the numeric id our comments and commits carry. */
export async function readIdentity(app: Octokit, asAnyone: Octokit): Promise<AppIdentity> {
  const { data } = await app.rest.apps.getAuthenticated()
  if (data === null || data.slug === undefined) throw new Error('GitHub gave no slug for the app')
  const { data: user } = await asAnyone.rest.users.getByUsername({ username: `${data.slug}[bot]` })
  return { appId: data.id, slug: data.slug, bot: guaranteed(parseUserId(user.id)) }
}

/** false: uninstalled or suspended, and none of our business until its owner says otherwise. */
export async function isInstalled(app: Octokit, installation: InstallationId): Promise<boolean> {
  try {
    const { data } = await app.rest.apps.getInstallation({ installation_id: installation })
    return data.suspended_at === null
  } catch (error) {
    if (hasStatus(error, 404)) return false
    throw error
  }
}

export async function listInstallations(app: Octokit): Promise<readonly InstallationId[]> {
  const installations = await app.paginate(app.rest.apps.listInstallations, { per_page: 100 })
  return installations
    .filter((installation) => installation.suspended_at === null)
    .map((installation) => guaranteed(parseInstallationId(installation.id)))
}

export type InstalledRepository = {
  readonly id: RepoId
  /** What GraphQL calls it. */
  readonly node: string
  readonly name: RepoName
  readonly defaultBranch: BranchName
  readonly archived: boolean
}

export async function listRepositories(asInstallation: Octokit): Promise<readonly InstalledRepository[]> {
  const repositories = await asInstallation.paginate(asInstallation.rest.apps.listReposAccessibleToInstallation, {
    per_page: 100,
  })
  return repositories.map((repository) => ({
    id: guaranteed(parseRepoId(repository.id)),
    node: repository.node_id,
    name: guaranteed(parseRepoName(repository.full_name)),
    defaultBranch: guaranteed(parseBranchName(repository.default_branch)),
    archived: repository.archived || repository.disabled,
  }))
}
