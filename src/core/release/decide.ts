import type { BranchName, CommitSha, PullNumber, TreeSha, UserId } from '../ids.ts'
import type { Refusal } from './group.ts'
import { type ReleaseMarker, sameUses } from './marker.ts'
import type { PullRequestText } from './pull-request-text.ts'

/** A branch as GitHub shows it now. */
export type BranchFacts = {
  readonly head: CommitSha
  readonly tree: TreeSha
  readonly parents: readonly CommitSha[]
  /** The numeric id behind the commit's author; undefined when GitHub knows nobody. */
  readonly author: UserId | undefined
  /** Who made the commit of it: a person who amends keeps the author. `github` signs what apps write by its API. */
  readonly committer: UserId | 'github' | undefined
}

export type PullFacts = {
  readonly number: PullNumber
  readonly state: 'open' | 'closed' | 'merged'
  readonly base: BranchName
  /** Of a merged one, what was merged. */
  readonly head: CommitSha
  readonly body: string
  readonly author: UserId | undefined
  readonly marker: ReleaseMarker | undefined
  /** Who closed it last, a person or an app. */
  readonly closedBy: UserId | undefined
  /** When that was, or when it was merged. */
  readonly closedMs: number | undefined
}

export type ReleaseFacts = {
  readonly bot: UserId
  readonly base: { readonly branch: BranchName; readonly head: CommitSha; readonly tree: TreeSha }
  readonly branch: BranchFacts | undefined
  /** Pull requests of this branch inside the repository, newest first. */
  readonly pulls: readonly PullFacts[]
  /** Whether somebody's open pull request has this branch as its base. */
  readonly stacked: boolean
}

/** What the plan wants there to be, of what people have not said no to. */
export type Wanted = {
  readonly marker: ReleaseMarker
  /** Why nothing is left of it. */
  readonly refused: Refusal | undefined
  readonly text: PullRequestText
  /** The branch's head as we left it, when what we would write now is what we wrote then. */
  readonly written: CommitSha | undefined
  /** The title and body that we wrote last. What people have made of them since is theirs. */
  readonly lastText: PullRequestText | undefined
}

export type ReleaseDecision =
  | { readonly do: 'leave'; readonly because: 'changed-by-person' | Refusal['because'] }
  /** Its pull request is open, and all that it would bring was refused before. */
  | { readonly do: 'withdraw' }
  | { readonly do: 'publish'; readonly branch: BranchStep; readonly pull: PullStep }

export type BranchStep =
  | { readonly do: 'keep' }
  /** `expect` is the branch's head that the update replaces; undefined: the branch must not exist. */
  | { readonly do: 'write'; readonly expect: CommitSha | undefined }

export type PullStep =
  | { readonly do: 'keep' }
  | { readonly do: 'open' }
  | { readonly do: 'edit'; readonly pull: PullFacts }

/** How the branch and the pull request of a group come to be as the plan wants them. */
export function decideRelease(facts: ReleaseFacts, wanted: Wanted): ReleaseDecision {
  const open = facts.pulls.find((pull) => pull.state === 'open')
  if (open !== undefined && !isOurs(open, facts.bot)) return { do: 'leave', because: 'changed-by-person' }
  if (hasWorkOfPerson(facts)) return { do: 'leave', because: 'changed-by-person' }
  if (wanted.refused !== undefined)
    return open === undefined ? { do: 'leave', because: wanted.refused.because } : { do: 'withdraw' }
  return { do: 'publish', branch: branchStep(facts, open, wanted), pull: pullStep(facts, open, wanted) }
}

function branchStep({ branch, base }: ReleaseFacts, open: PullFacts | undefined, { written }: Wanted): BranchStep {
  const stays = open === undefined || open.base === base.branch
  if (branch !== undefined && branch.head === written && stays) return { do: 'keep' }
  return { do: 'write', expect: branch?.head }
}

function pullStep({ base }: ReleaseFacts, open: PullFacts | undefined, wanted: Wanted): PullStep {
  if (open === undefined) return { do: 'open' }
  return open.base === base.branch && saysIt(open, wanted) ? { do: 'keep' } : { do: 'edit', pull: open }
}

/** Without memory of what we wrote, the marker tells what it was about. */
function saysIt({ marker }: PullFacts, { text, lastText, marker: wanted }: Wanted): boolean {
  if (lastText !== undefined) return lastText.title === text.title && lastText.body === text.body
  return marker !== undefined && sameUses(marker, wanted)
}

export function isOurs(pull: PullFacts, bot: UserId): boolean {
  return pull.author === bot && pull.marker !== undefined
}

/** Whether more stands on the branch than what we wrote. What was merged as it is may go, whoever has made it. */
export function hasWorkOfPerson({ bot, base, branch, pulls }: Omit<ReleaseFacts, 'stacked'>): boolean {
  if (branch === undefined || isByUs(branch, bot)) return false
  return pulls.every((pull) => pull.state !== 'merged' || pull.head !== branch.head || pull.base !== base.branch)
}

/** A commit that nobody but us has made, so that nothing of a person is lost with it. */
export function isByUs({ author, committer }: Pick<BranchFacts, 'author' | 'committer'>, bot: UserId): boolean {
  return author === bot && (committer === bot || committer === 'github')
}
