import type { BranchName } from '../core/ids.ts'
import { GitError } from '../io/git/git-error.ts'
import type { BranchHead, Mirror } from '../io/git/mirror.ts'
import type { GitAccess } from './git-access.ts'

export type Repository = { readonly mirror: Mirror; readonly access: GitAccess }

export function fetchBranch({ mirror, access }: Repository, branch: BranchName | undefined): Promise<BranchHead> {
  return withAccess(access, () => mirror.fetchBranch(branch))
}

/** A remote that says "no" may say "yes" to another credential. A private repository says that it is not there. */
export async function withAccess<T>(access: GitAccess, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const refused = error instanceof GitError && (error.class === 'denied' || error.class === 'not-found')
    if (!refused || !(await access.refused())) throw error
    return ask()
  }
}
