import type { CommitSha } from '../../core/ids.ts'
import { UserError } from '../../core/user-error.ts'
import { compareCommits } from '../../io/github/compare.ts'
import { readRepositoryNode } from '../../io/github/repository-node.ts'
import { type TagState, moveTag, readTag } from '../../io/github/tags.ts'
import type { DeploymentContext } from './deployment.ts'
import { syncTag } from './sync-check.ts'

/**
 * Moves the cluster's tag to a commit that it looks like now: only forward, and only from where it was seen. Whatever
 * keeps it where it is hinders nothing else, for nobody decides anything by it.
 */
export async function moveSyncTag({ deps, octokit, repository, of }: DeploymentContext, to: CommitSha): Promise<void> {
  const tag = syncTag(of.cluster)
  const log = deps.log.child({ repository: repository.name, tag, to })
  const at = await readTag(octokit, repository.name, tag)
  if (at.kind === 'at' && at.commit === to) return
  if (!(await isForward({ octokit, repository }, at, to))) {
    log.warn({ at }, 'sync tag left: it is not where a sync before this one left it')
    return
  }
  const node = await readRepositoryNode(octokit, repository.name)
  const move = { tag, from: at.kind === 'at' ? at.commit : undefined, to }
  try {
    const moved = await moveTag(octokit, { name: repository.name, node }, move)
    if (moved === 'moved-by-others') log.warn('sync tag left: somebody else moves it')
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    log.warn({ err: error }, 'sync tag left: GitHub refused to move it')
  }
}

async function isForward(
  { octokit, repository }: Pick<DeploymentContext, 'octokit' | 'repository'>,
  at: TagState,
  to: CommitSha,
): Promise<boolean> {
  switch (at.kind) {
    case 'absent':
      return true
    case 'foreign':
      return false
    case 'at': {
      const comparison = await compareCommits(octokit, repository.name, { base: at.commit, head: to })
      return comparison?.mergeBase === at.commit
    }
  }
}
