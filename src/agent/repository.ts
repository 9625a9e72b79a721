import type { BranchName, CommitSha } from '../core/ids.ts'
import { GitError, type GitErrorClass } from '../io/git/git-error.ts'
import type { BranchHead, Mirror } from '../io/git/mirror.ts'
import type { GitAccess } from './git-access.ts'

export type Repository = { readonly mirror: Mirror; readonly access: GitAccess }

/** To somebody without rights, a private repository is not there. */
export function fetchBranch(
  { mirror, access }: Repository,
  branch: BranchName | undefined,
  signal: AbortSignal,
): Promise<BranchHead> {
  return withAccess(access, ['denied', 'not-found'], () => mirror.fetchBranch(branch, signal))
}

/** Of a repository that was read before: here `not-found` is about the commit. */
export function fetchCommit({ mirror, access }: Repository, commit: CommitSha, signal: AbortSignal): Promise<void> {
  return withAccess(access, ['denied'], () => mirror.fetchCommit(commit, signal))
}

/** What is refused with one credential may be given for another. */
async function withAccess<T>(access: GitAccess, refusals: readonly GitErrorClass[], ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const refused = error instanceof GitError && refusals.includes(error.class)
    if (!refused || !(await access.refused())) throw error
    return ask()
  }
}
