import type { CommitSha, PullNumber } from '../ids.ts'
import { type ReleaseFacts, isByUs, isOurs } from './decide.ts'

export type Withdrawal = {
  readonly closePull: PullNumber | undefined
  /** The branch's head that may be deleted; undefined: there is no branch, or a person has work on it. */
  readonly deleteBranch: CommitSha | undefined
}

/** What of a release that is no longer wanted may be cleared away: never what a person has touched or builds upon. */
export function decideWithdrawal({ bot, branch, pulls, stacked }: ReleaseFacts): Withdrawal {
  const nothing: Withdrawal = { closePull: undefined, deleteBranch: undefined }
  if (branch !== undefined && !isByUs(branch, bot)) return nothing
  const open = pulls.find((pull) => pull.state === 'open')
  if (open !== undefined && !isOurs(open, bot)) return nothing
  return { closePull: open?.number, deleteBranch: stacked ? undefined : branch?.head }
}
