import type { ReleaseGroup } from '../../core/release/group.ts'
import { decideWithdrawal } from '../../core/release/withdraw.ts'
import { moveBranch } from '../../io/github/branch.ts'
import { editPull } from '../../io/github/pulls.ts'
import { readReleaseState } from '../../io/github/release-facts.ts'
import { forgetRelease } from '../../io/store/releases.ts'
import type { ReleaseContext, StepOutcome } from './release-steps.ts'
import { hearPulls } from './release-words.ts'

/** Clears away what is left of a group that the plan asks for no more: after a merge, its branch; else its pull request too. */
export async function withdrawGroup(context: ReleaseContext, group: ReleaseGroup): Promise<StepOutcome> {
  const { deps, octokit, repository } = context
  const question = { repository: repository.name, base: repository.defaultBranch, branch: group.branch, files: [] }
  const state = await readReleaseState(octokit, question)
  if (state !== undefined) {
    const { bot } = await deps.identity(repository.installation)
    await hearPulls(context, group, { bot, ...state })
    const { closePull, deleteBranch } = decideWithdrawal({ bot, ...state })
    if (closePull !== undefined) {
      await editPull(octokit, repository.name, closePull, { state: 'closed' })
      deps.log.info({ pull: closePull }, 'release pull request closed, its change is no longer wanted')
    }
    if (deleteBranch !== undefined) {
      const move = { branch: group.branch, from: deleteBranch, to: undefined }
      const moved = await moveBranch(octokit, { name: repository.name, node: state.repositoryNode }, move)
      if (moved === 'moved-by-others') return 'again'
    }
  }
  await forgetRelease(deps.database, repository.id, group.branch)
  return 'done'
}
