import type { ClusterName, CommitSha, FilePath, UserId } from '../ids.ts'
import { type BranchFacts, type ReleaseFacts, isByUs, isOurs } from './decide.ts'
import type { Refusal, ReleaseGroup } from './group.ts'
import { type About, type ReleaseMarker, aboutOf, useOf } from './marker.ts'
import { paceEdit } from './pace.ts'
import type { Change } from './plan.ts'
import { withoutRefused } from './refusal.ts'
import type { Standstill } from './timing.ts'
import { decideWithdrawal } from './withdraw.ts'

/** A commit of the default branch that touched a file. */
export type PastCommit = Pick<BranchFacts, 'head' | 'author' | 'committer'> & {
  readonly committedMs: number
  readonly marker: ReleaseMarker | undefined
}

export type CommitFacts = ReleaseFacts & {
  /** What keeps pushes away from the default branch, for people; also what cannot be known of it. */
  readonly protectedBy: readonly string[]
  readonly standstill: Standstill | undefined
  /** The last commits that touched each file, newest first. */
  readonly history: ReadonlyMap<FilePath, readonly PastCommit[]>
  readonly nowMs: number
  /** Since when the plan wants just what it wants now. */
  readonly wantedSinceMs: number
}

export type CommitDecision =
  /** First the pull request goes that was opened before the cluster committed. */
  | { readonly do: 'withdraw' }
  | { readonly do: 'hold'; readonly group: ReleaseGroup; readonly because: CommitHold }
  /** A burst of tags: the last commit was made just now. */
  | { readonly do: 'wait'; readonly untilMs: number; readonly committedMs: number }
  | { readonly do: 'commit'; readonly group: ReleaseGroup; readonly takenBack: readonly TakenBack[] }

export type CommitHold =
  | { readonly kind: 'changed-by-person' }
  | { readonly kind: 'standstill'; readonly says: string }
  | { readonly kind: 'protected'; readonly by: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'taken-back'; readonly commit: CommitSha }

/** A change that we have committed before, and that is wanted again: somebody has taken it back in git. */
export type TakenBack = { readonly change: Change; readonly commit: CommitSha }

/**
 * Whether a group goes to the default branch itself. Nothing but our own decision keeps us from a protected branch: an
 * app in a bypass list is not refused by GitHub.
 */
export function decideCommit(facts: CommitFacts, planned: ReleaseGroup): CommitDecision {
  const { bot, branch, pulls, protectedBy, standstill } = facts
  const open = pulls.find((pull) => pull.state === 'open')
  const isTouched = (open !== undefined && !isOurs(open, bot)) || (branch !== undefined && !isByUs(branch, bot))
  if (isTouched) return { do: 'hold', group: planned, because: { kind: 'changed-by-person' } }
  const { closePull, deleteBranch } = decideWithdrawal(facts)
  if (closePull !== undefined || deleteBranch !== undefined) return { do: 'withdraw' }
  if (protectedBy.length > 0) return { do: 'hold', group: planned, because: { kind: 'protected', by: protectedBy } }
  if (standstill !== undefined)
    return { do: 'hold', group: planned, because: { kind: 'standstill', says: standstill.says } }
  const group = withoutRefused(planned, { bot, pulls })
  const ours = commitsOfUs(facts, group)
  const takenBack = takenBackOf(ours, group)
  const changes = group.changes.filter((change) => takenBack.every((one) => one.change !== change))
  if (changes.length === 0) return { do: 'hold', group, because: whyNothing(group, takenBack) }
  const committedMs = lastCommitMs(ours, changes)
  const pace = paceEdit({ nowMs: facts.nowMs, editedMs: committedMs, wantedSinceMs: facts.wantedSinceMs })
  if (pace.do === 'wait' && committedMs !== undefined) return { do: 'wait', untilMs: pace.untilMs, committedMs }
  return { do: 'commit', group: { ...group, changes }, takenBack }
}

/** Of each file, newest first. */
type Ours = ReadonlyMap<FilePath, readonly OurCommit[]>

type OurCommit = { readonly commit: CommitSha; readonly committedMs: number; readonly about: About }

function commitsOfUs({ bot, history }: CommitFacts, { cluster }: ReleaseGroup): Ours {
  return new Map([...history].map(([file, commits]) => [file, commits.flatMap((one) => ourCommit(one, bot, cluster))]))
}

/** For this cluster. Whoever amends, picks or reverts a commit makes it theirs. */
function ourCommit(
  { head, committedMs, marker, ...by }: PastCommit,
  bot: UserId,
  cluster: ClusterName,
): readonly OurCommit[] {
  if (marker?.cluster !== cluster || !isByUs(by, bot)) return []
  return [{ commit: head, committedMs, about: aboutOf(marker) }]
}

function lastCommitMs(ours: Ours, changes: readonly Change[]): number | undefined {
  const times = changes.flatMap((change) => {
    const use = useOf(change)
    return ours.get(change.file)?.find(({ about }) => about.isAbout(use))?.committedMs ?? []
  })
  return times.length === 0 ? undefined : Math.max(...times)
}

/** The last word on a container counts: a later commit of ours to another tag says that it has moved on since. */
function takenBackOf(ours: Ours, { changes }: ReleaseGroup): readonly TakenBack[] {
  return changes.flatMap((change) => {
    const use = useOf(change)
    const last = ours.get(change.file)?.find(({ about }) => about.isAbout(use))
    return last?.about.asks(use) === true ? [{ change, commit: last.commit }] : []
  })
}

function whyNothing({ refused }: ReleaseGroup, [takenBack]: readonly TakenBack[]): CommitHold {
  const refusal = refused?.[0]?.refusal
  if (takenBack !== undefined) return { kind: 'taken-back', commit: takenBack.commit }
  return refusal === undefined ? { kind: 'changed-by-person' } : { kind: 'refused', refusal }
}

/** For people. */
export function explainHold(hold: CommitHold, branch: string): string {
  switch (hold.kind) {
    case 'changed-by-person':
      return 'somebody has work on the branch of its pull request: close that, or merge it'
    case 'standstill':
      return hold.says
    case 'protected':
      return `${branch} is protected (${hold.by.join(', ')}), and Lotse commits to no protected branch: say “merge: auto” or “merge: manual”`
    case 'refused': {
      const { because, pull } = hold.refusal
      return because === 'closed' ? `#${pull} was closed` : `it was taken back after #${pull}`
    }
    case 'taken-back':
      return `it was taken back after ${hold.commit.slice(0, 10)}: the next tag is released`
  }
}
