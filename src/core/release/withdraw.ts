import type { CommitSha, PullNumber } from '../ids.ts'
import { type PullFacts, type ReleaseFacts, hasWorkOfPerson, isOurs } from './decide.ts'

export type Withdrawal = {
  readonly closePull: PullNumber | undefined
  /** The branch's head that may be deleted; undefined: there is no branch, or a person has work on it. */
  readonly deleteBranch: CommitSha | undefined
  /** The open pull request that a person has taken over. */
  readonly left: PullFacts | undefined
}

/** What of a release that is no longer wanted may be cleared away: never what a person has touched or builds upon. */
export function decideWithdrawal(facts: ReleaseFacts): Withdrawal {
  const { bot, branch, pulls, stacked } = facts
  const nothing: Withdrawal = { closePull: undefined, deleteBranch: undefined, left: undefined }
  const open = pulls.find((pull) => pull.state === 'open')
  if (open !== undefined && !isOurs(open, bot)) return nothing
  if (hasWorkOfPerson(facts)) return { ...nothing, left: open }
  return { ...nothing, closePull: open?.number, deleteBranch: stacked ? undefined : branch?.head }
}
