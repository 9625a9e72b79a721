import type { ClusterName, CommitSha, FilePath, UserId } from '../ids.ts'
import { type BranchFacts, type ReleaseFacts, hasWorkOfPerson, isByUs, isOurs } from './decide.ts'
import { type PullRefusal, type ReleaseGroup, explainRefusal } from './group.ts'
import { type About, type ReleaseMarker, aboutOf, useOf } from './marker.ts'
import { paceEdit } from './pace.ts'
import type { Change } from './plan.ts'
import { mergedMs, withoutRefused } from './refusal.ts'
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
  | {
      readonly do: 'hold'
      readonly group: ReleaseGroup
      readonly because: CommitHold
      readonly takenBack?: readonly TakenBack[]
    }
  /** A burst of tags: the last commit was made just now. */
  | { readonly do: 'wait'; readonly untilMs: number; readonly committedMs: number }
  | { readonly do: 'commit'; readonly group: ReleaseGroup; readonly takenBack: readonly TakenBack[] }

export type CommitHold =
  | { readonly kind: 'changed-by-person' }
  | { readonly kind: 'standstill'; readonly says: string }
  | { readonly kind: 'protected'; readonly by: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: PullRefusal }
  | { readonly kind: 'taken-back'; readonly commit: CommitSha }

/** A change that we have committed before, and that is wanted again: somebody has taken it back in git. */
export type TakenBack = { readonly change: Change; readonly commit: CommitSha; readonly committedMs: number }

/**
 * Whether a group goes to the default branch itself. Nothing but our own decision keeps us from a protected branch: an
 * app in a bypass list is not refused by GitHub.
 */
export function decideCommit(facts: CommitFacts, planned: ReleaseGroup): CommitDecision {
  const { bot, pulls, protectedBy, standstill } = facts
  const open = pulls.find((pull) => pull.state === 'open')
  const isTouched = (open !== undefined && !isOurs(open, bot)) || hasWorkOfPerson(facts)
  if (isTouched) return { do: 'hold', group: planned, because: { kind: 'changed-by-person' } }
  const { closePull, deleteBranch } = decideWithdrawal(facts)
  if (closePull !== undefined || deleteBranch !== undefined) return { do: 'withdraw' }
  if (protectedBy.length > 0) return { do: 'hold', group: planned, because: { kind: 'protected', by: protectedBy } }
  if (standstill !== undefined)
    return { do: 'hold', group: planned, because: { kind: 'standstill', says: standstill.says } }
  const { ours, group, changes, takenBack } = judge(facts, planned)
  if (changes.length === 0) return { do: 'hold', group, because: whyNothing(group, takenBack), takenBack }
  const committedMs = lastCommitMs(ours, changes)
  const pace = paceEdit({ nowMs: facts.nowMs, editedMs: committedMs, wantedSinceMs: facts.wantedSinceMs })
  if (pace.do === 'wait' && committedMs !== undefined) return { do: 'wait', untilMs: pace.untilMs, committedMs }
  return { do: 'commit', group: { ...group, changes }, takenBack }
}

/**
 * The group without what people have said no to, in pull requests or by taking back a commit: for one that goes by pull
 * requests, and has gone to the branch itself before.
 */
export function withoutNo(
  facts: History,
  planned: ReleaseGroup,
): { readonly group: ReleaseGroup; readonly takenBack: readonly TakenBack[] } {
  const { group, changes, takenBack } = judge(facts, planned)
  if (takenBack.length === 0) return { group, takenBack }
  const refused = takenBack.map(({ change, commit }) => ({
    change,
    refusal: { because: 'taken-back', commit } as const,
  }))
  return { group: { ...group, changes, refused: [...(group.refused ?? []), ...refused] }, takenBack }
}

type Judged = {
  readonly ours: Ours
  /** Without what was refused in pull requests. */
  readonly group: ReleaseGroup
  /** Those of it that nobody has taken back. */
  readonly changes: readonly Change[]
  readonly takenBack: readonly TakenBack[]
}

function judge(facts: History, planned: ReleaseGroup): Judged {
  const ours = commitsOfUs(facts, planned)
  const group = withoutRefused(judgedBy(ours, planned), { ...facts, movedMs: movedBy(ours) })
  const takenBack = takenBackOf(ours, group, facts)
  const changes = group.changes.filter((change) => takenBack.every((one) => one.change !== change))
  return { ours, group, changes, takenBack }
}

type History = Pick<CommitFacts, 'bot' | 'pulls' | 'history'>

/** Of each file, newest first. */
type Ours = ReadonlyMap<FilePath, readonly OurCommit[]>

type OurCommit = { readonly commit: CommitSha; readonly committedMs: number; readonly about: About }

function commitsOfUs({ bot, history }: History, { cluster }: ReleaseGroup): Ours {
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

/** Of what was taken back longer ago the memory tells, unless a commit that we can see says more of its container. */
function judgedBy(ours: Ours, planned: ReleaseGroup): ReleaseGroup {
  const refused = planned.refused ?? []
  const seen = refused.filter(
    ({ change, refusal }) => refusal.because === 'taken-back' && lastOn(ours, change) !== undefined,
  )
  if (seen.length === 0) return planned
  const changes = [...planned.changes, ...seen.map(({ change }) => change)]
  return { ...planned, changes, refused: refused.filter((one) => !seen.includes(one)) }
}

function movedBy(ours: Ours): (change: Change) => number | undefined {
  return (change) => lastOn(ours, change)?.committedMs
}

function lastOn(ours: Ours, change: Change): OurCommit | undefined {
  const use = useOf(change)
  return ours.get(change.file)?.find(({ about }) => about.isAbout(use))
}

function lastCommitMs(ours: Ours, changes: readonly Change[]): number | undefined {
  const times = changes.flatMap((change) => lastOn(ours, change)?.committedMs ?? [])
  return times.length === 0 ? undefined : Math.max(...times)
}

/** The last word on a container counts: a later release of ours to another tag says that it has moved on since. */
function takenBackOf(ours: Ours, { changes }: ReleaseGroup, facts: History): readonly TakenBack[] {
  return changes.flatMap((change) => {
    const use = useOf(change)
    const last = lastOn(ours, change)
    if (last?.about.asks(use) !== true) return []
    const merged = mergedMs(use, facts)
    return merged === undefined || merged < last.committedMs ? [{ change, ...last }] : []
  })
}

function whyNothing({ refused }: ReleaseGroup, [takenBack]: readonly TakenBack[]): CommitHold {
  if (takenBack !== undefined) return { kind: 'taken-back', commit: takenBack.commit }
  const refusal = refused?.[0]?.refusal
  if (refusal === undefined) return { kind: 'changed-by-person' }
  return refusal.because === 'taken-back'
    ? { kind: 'taken-back', commit: refusal.commit }
    : { kind: 'refused', refusal }
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
    case 'refused':
      return explainRefusal(hold.refusal)
    case 'taken-back':
      return `${explainRefusal({ because: 'taken-back', commit: hold.commit })}: the next tag is released`
  }
}
