import type { CommitSha } from '../../core/ids.ts'
import type { ReleaseGroup } from '../../core/release/group.ts'
import { decideWithdrawal } from '../../core/release/withdraw.ts'
import { moveBranch } from '../../io/github/branch.ts'
import { editPull } from '../../io/github/pulls.ts'
import { readReleaseState } from '../../io/github/release-facts.ts'
import { type KnownRelease, forgetRelease, keepRelease, readRelease, unwritten } from '../../io/store/releases.ts'
import { doubtHead } from '../../io/store/repositories.ts'
import type { ReleaseContext, StepOutcome } from './release-steps.ts'
import { hearPulls, recalled } from './release-words.ts'

/**
 * Clears away what is left of a group that the plan asks for no more: after a merge, its branch; else its pull request
 * too. What a person has taken over stays known until it is closed, and its containers are that person's.
 */
export async function withdrawGroup(context: ReleaseContext, group: ReleaseGroup): Promise<StepOutcome> {
  const { deps, octokit, repository } = context
  const known = await readRelease(deps.database, repository.id, group.branch)
  const question = { repository: repository.name, base: repository.defaultBranch, branch: group.branch, files: [] }
  const seen = await readReleaseState(octokit, question)
  // Without its base nothing is known of it: GitHub may not show it now, or the default branch was renamed.
  if (seen === undefined) {
    await doubtHead(deps.database, repository.id)
    return 'again'
  }
  const state = await recalled(context, seen, known)
  const { closePull, deleteBranch, left } = decideWithdrawal(state)
  await hearPulls(context, group, state, left)
  if (left !== undefined) return leave(context, group, { pull: left.number, doubts: known?.doubts ?? 0 })
  if (closePull !== undefined) {
    await editPull(octokit, repository.name, closePull, { state: 'closed' })
    deps.log.info({ pull: closePull }, 'release pull request closed, its change is no longer wanted')
  }
  if (deleteBranch !== undefined) {
    const move = { branch: group.branch, from: deleteBranch, to: undefined }
    const moved = await moveBranch(octokit, { name: repository.name, node: state.repositoryNode }, move)
    if (moved === 'moved-by-others') return 'again'
  }
  await forgetRelease(deps.database, repository.id, group.branch)
  return 'done'
}

type Left = Pick<KnownRelease, 'pull' | 'doubts'>

async function leave({ deps, repository }: ReleaseContext, group: ReleaseGroup, left: Left): Promise<StepOutcome> {
  const { branch, cluster, of } = group
  const { head } = repository
  const known = { ...unwritten({ branch, cluster, of, changes: [] }), ...left, open: true }
  await keepRelease(deps.database, repository.id, { ...known, plannedAt: head, settledAt: head })
  return 'done'
}

/** Whether nothing but a push, or a doubt, makes it worth another look. */
export function isLeft(known: KnownRelease | undefined, head: CommitSha): boolean {
  return known !== undefined && known.open && known.settledAt === head && known.group.changes.length === 0
}
