import type { Octokit } from '@octokit/rest'
import { type RepoName, type UserId, parseUserId } from '../../core/ids.ts'
import { hasStatus } from './errors.ts'
import { ownerAndName } from './repository-name.ts'

/** GitHub's answer on what somebody may do: `user` is who the login belongs to now. */
export type PermissionAnswer = {
  readonly user: UserId
  readonly permissions: {
    readonly admin: boolean
    readonly maintain: boolean
    readonly push: boolean
    readonly triage: boolean
    readonly pull: boolean
  }
}

/** undefined: GitHub does not say, which is never a permission. Custom roles have names of their own, so only the booleans count. */
export async function readPermission(
  octokit: Octokit,
  repository: RepoName,
  login: string,
): Promise<PermissionAnswer | undefined> {
  const [owner, repo] = ownerAndName(repository)
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ owner, repo, username: login })
    const user = data.user === null ? undefined : parseUserId(data.user.id)
    if (user?.ok !== true || data.user?.permissions === undefined) return undefined
    const { admin, push, pull, maintain = false, triage = false } = data.user.permissions
    return { user: user.value, permissions: { admin, push, pull, maintain, triage } }
  } catch (error) {
    if (hasStatus(error, 404)) return undefined
    throw error
  }
}
