import type { BlobSha, CommitSha, PullNumber, TreeSha, UserId } from '../ids.ts'
import type { ReleaseMarker } from './marker.ts'
import type { PullRequestText } from './pull-request-text.ts'

/** A branch as GitHub shows it now. */
export type BranchFacts = {
  readonly head: CommitSha
  readonly tree: TreeSha
  readonly parents: readonly CommitSha[]
  /** The numeric id behind the commit's author; undefined when GitHub knows nobody. */
  readonly author: UserId | undefined
}

export type PullFacts = {
  readonly number: PullNumber
  readonly state: 'open' | 'closed' | 'merged'
  readonly title: string
  readonly body: string
  readonly author: UserId | undefined
  readonly marker: ReleaseMarker | undefined
  readonly closedBy: 'person' | 'bot' | 'nobody'
}

export type FileFacts = { readonly path: string; readonly blob: BlobSha; readonly text: string }

export type ReleaseFacts = {
  readonly bot: UserId
  readonly base: { readonly head: CommitSha; readonly tree: TreeSha }
  readonly branch: BranchFacts | undefined
  /** Pull requests of this branch inside the repository, newest first. */
  readonly pulls: readonly PullFacts[]
}

/** What the plan wants there to be. */
export type Wanted = {
  readonly marker: ReleaseMarker
  readonly text: PullRequestText
  /** The branch's head as we left it, when what we would write now is what we wrote then. */
  readonly written: CommitSha | undefined
}

export type ReleaseDecision =
  | { readonly do: 'leave'; readonly because: 'changed-by-person' | 'closed-by-person' }
  | { readonly do: 'publish'; readonly branch: BranchStep; readonly pull: PullStep }

export type BranchStep =
  | { readonly do: 'keep' }
  /** `expect` is the branch's head that the update replaces; undefined: the branch must not exist. */
  | { readonly do: 'write'; readonly expect: CommitSha | undefined }

export type PullStep =
  | { readonly do: 'keep' }
  | { readonly do: 'open' }
  | { readonly do: 'edit'; readonly number: PullNumber }

/** How the branch and the pull request of a group come to be as the plan wants them. */
export function decideRelease(facts: ReleaseFacts, wanted: Wanted): ReleaseDecision {
  const open = facts.pulls.find((pull) => pull.state === 'open')
  if (open !== undefined && !isOurs(open, facts.bot)) return { do: 'leave', because: 'changed-by-person' }
  if (facts.branch !== undefined && facts.branch.author !== facts.bot) {
    return { do: 'leave', because: 'changed-by-person' }
  }
  if (open === undefined && wasRefused(facts, wanted.marker)) return { do: 'leave', because: 'closed-by-person' }
  return { do: 'publish', branch: branchStep(facts, wanted), pull: pullStep(open, wanted) }
}

/** The last pull request for these very tags was closed by a person: "not these tags". A later tag asks again. */
function wasRefused({ pulls, bot }: ReleaseFacts, { tags }: ReleaseMarker): boolean {
  const last = pulls.find((pull) => pull.state !== 'open' && isOurs(pull, bot))
  return (
    last?.state === 'closed' &&
    last.closedBy === 'person' &&
    tags.every((tag) => last.marker?.tags.includes(tag) === true)
  )
}

function branchStep({ branch }: ReleaseFacts, { written }: Wanted): BranchStep {
  if (branch !== undefined && branch.head === written) return { do: 'keep' }
  return { do: 'write', expect: branch?.head }
}

function pullStep(open: PullFacts | undefined, { text }: Wanted): PullStep {
  if (open === undefined) return { do: 'open' }
  return open.title === text.title && open.body === text.body ? { do: 'keep' } : { do: 'edit', number: open.number }
}

export function isOurs(pull: PullFacts, bot: UserId): boolean {
  return pull.author === bot && pull.marker !== undefined
}
