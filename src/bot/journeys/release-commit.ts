import { clusterNamed } from '../../core/config/configuration.ts'
import type { CommitSha, PullNumber } from '../../core/ids.ts'
import { formatProblem } from '../../core/parsed.ts'
import { type CommitDecision, type CommitFacts, decideCommit, explainHold } from '../../core/release/commit-decision.ts'
import { type ReleaseGroup, editsOfGroup, sameWish, wholeGroup } from '../../core/release/group.ts'
import { markerOf } from '../../core/release/marker.ts'
import { paceEdit } from '../../core/release/pace.ts'
import { commitMessage } from '../../core/release/pull-request-text.ts'
import { standstill } from '../../core/release/timing.ts'
import { withReleaseTrailer } from '../../core/release/trailer.ts'
import { advanceBranch, createCommit, createTree } from '../../io/github/branch.ts'
import { readCommitFacts } from '../../io/github/commit-facts.ts'
import { type ReleaseState, readReleaseState } from '../../io/github/release-facts.ts'
import { type KnownRelease, forgetRelease, keepRelease, unwritten } from '../../io/store/releases.ts'
import { doubtHead } from '../../io/store/repositories.ts'
import { journeys } from '../keys.ts'
import { type ReleaseContext, type StepOutcome, carryOutAll, isInOrder, knownOf } from './release-steps.ts'
import { editedTexts } from './release-texts.ts'
import { withdrawGroup } from './release-withdraw.ts'
import { hearCommit, hearPulls, hearTakenBack, recalled } from './release-words.ts'

/**
 * Groups of clusters with `merge: commit`, one commit each on the default branch. The plan still holds on top of our own
 * commits: they write other scalars.
 */
export async function commitGroups(
  context: ReleaseContext,
  groups: readonly ReleaseGroup[],
  known: readonly KnownRelease[],
): Promise<StepOutcome> {
  let head = context.repository.head
  return carryOutAll(
    groups.map((group) => async () => {
      const at = { ...context, repository: { ...context.repository, head } }
      const committed = await commitGroup(at, group, knownOf(known, group))
      if (committed === 'again') return 'again'
      head = committed ?? head
      return 'done'
    }),
  )
}

/** The new head of the default branch; undefined: it stays where it is. */
type Committed = CommitSha | undefined | 'again'

async function commitGroup(
  context: ReleaseContext,
  planned: ReleaseGroup,
  known: KnownRelease | undefined,
): Promise<Committed> {
  if (isInOrder(known, planned, context.repository.head)) return undefined
  const timing = timingOf(context, planned, known)
  // What is left of a pull request goes at once.
  if (known?.open === true) return look(context, { planned, known, timing })
  // The end of a standstill is found by the refresh.
  if (timing.standstill !== undefined) {
    return hold(context, { group: planned, known, because: timing.standstill.says, settledAt: undefined })
  }
  const committedMs = known?.editedAt?.getTime()
  const pace = paceEdit({ ...timing, editedMs: committedMs })
  if (pace.do === 'write' || committedMs === undefined) return look(context, { planned, known, timing })
  return wait(context, { group: planned, known, untilMs: pace.untilMs, committedMs })
}

type Timing = Pick<CommitFacts, 'standstill' | 'nowMs' | 'wantedSinceMs'>

function timingOf(context: ReleaseContext, planned: ReleaseGroup, known: KnownRelease | undefined): Timing {
  const { deps, configuration } = context
  const rules = clusterNamed(configuration, planned.cluster)?.release ?? configuration.release
  const now = deps.now()
  return {
    standstill: standstill(now, rules),
    nowMs: now.getTime(),
    wantedSinceMs: wantedSince(context, planned, known),
  }
}

type Asked = {
  readonly planned: ReleaseGroup
  readonly known: KnownRelease | undefined
  readonly timing: Timing
}

/** Looks at GitHub, decides and carries out. */
async function look(context: ReleaseContext, { planned, known, timing }: Asked): Promise<Committed> {
  const { octokit, repository } = context
  const files = [...editsOfGroup(wholeGroup(planned)).keys()]
  const base = repository.defaultBranch
  const seen = await readReleaseState(octokit, { repository: repository.name, base, branch: planned.branch, files })
  if (seen?.base.head !== repository.head) return moved(context)
  const state = await recalled(context, seen, known)
  await hearPulls(context, planned, state)
  const where = { repository: repository.name, branch: base, files }
  const facts = { ...timing, ...state, ...(await readCommitFacts(octokit, where)) }
  const decision = decideCommit(facts, planned)
  if (decision.do === 'hold' || decision.do === 'commit') await hearTakenBack(context, planned, decision.takenBack)
  return carryOut(context, { decision, planned, known, state })
}

const lookAgainMs = 1000

type Decided = {
  readonly decision: CommitDecision
  readonly planned: ReleaseGroup
  readonly known: KnownRelease | undefined
  readonly state: ReleaseState
}

async function carryOut(context: ReleaseContext, { decision, planned, known, state }: Decided): Promise<Committed> {
  const { deps, repository } = context
  switch (decision.do) {
    case 'withdraw': {
      const outcome = await withdrawGroup(context, planned)
      // Nobody may merge what we commit: only when the pull request is seen closed, which GitHub may show late.
      await deps.jobs.ask(journeys.release, `${repository.id}`, { afterMs: lookAgainMs })
      return outcome === 'again' ? 'again' : undefined
    }
    case 'hold': {
      const because = explainHold(decision.because, repository.defaultBranch)
      // The end of a standstill is no push.
      const settledAt = decision.because.kind === 'standstill' ? undefined : repository.head
      const open = state.pulls.find((pull) => pull.state === 'open')?.number
      return hold(context, { group: decision.group, known, because, settledAt, open })
    }
    case 'wait':
      return wait(context, { group: planned, known, ...decision })
    case 'commit':
      return commit(context, { group: decision.group, known, state })
  }
}

type Commit = { readonly group: ReleaseGroup; readonly known: KnownRelease | undefined; readonly state: ReleaseState }

async function commit(context: ReleaseContext, { group, known, state }: Commit): Promise<Committed> {
  const { deps, octokit, repository, configuration } = context
  const settledAt = repository.head
  const texts = editedTexts(group, state.files)
  if (!texts.ok) {
    return hold(context, { group, known, because: texts.problems.map(formatProblem).join('; '), settledAt })
  }
  const tree = await createTree(octokit, repository.name, { base: state.base.tree, files: texts.value })
  const subject = commitMessage(group, configuration.pullRequests.commitPrefix)
  const message = withReleaseTrailer(subject, markerOf(group))
  const head = await createCommit(octokit, repository.name, { message, tree, parent: state.base.head })
  const node = { name: repository.name, node: state.repositoryNode }
  const move = { branch: repository.defaultBranch, from: state.base.head, to: head }
  const outcome = await advanceBranch(octokit, node, move)
  switch (outcome) {
    case 'moved':
      deps.log.info({ branch: repository.defaultBranch, cluster: group.cluster, head }, 'release committed')
      await hearCommit(context, group, { changes: group.changes, commit: head, committedMs: deps.now().getTime() })
      await forgetRelease(deps.database, repository.id, group.branch)
      return head
    case 'moved-by-others':
      return moved(context)
    case 'refused':
      return hold(context, { group, known, because: `GitHub refused the push to ${move.branch}`, settledAt })
  }
}

/** What was planned is not for the branch as it is now. */
async function moved({ deps, repository }: ReleaseContext): Promise<'again'> {
  await doubtHead(deps.database, repository.id)
  return 'again'
}

type Hold = {
  readonly group: ReleaseGroup
  readonly known: KnownRelease | undefined
  readonly because: string
  /** A pull request that is left to a person. */
  readonly open?: PullNumber | undefined
  /** The head at which nothing but a push changes it; undefined: time does. */
  readonly settledAt: CommitSha | undefined
}

/** Kept with its reason, for whoever asks. */
async function hold(context: ReleaseContext, { group, known, because, open, settledAt }: Hold): Promise<undefined> {
  const { deps, repository } = context
  const before = known?.held?.because === because ? known.held : undefined
  if (before === undefined)
    deps.log.info({ cluster: group.cluster, branch: group.branch, because }, 'release is not committed')
  const held = before ?? { since: deps.now().getTime(), because }
  const problem = settledAt === undefined ? undefined : because
  const kept = { ...uncommitted(context, group, known), pull: open, open: open !== undefined }
  await keepRelease(deps.database, repository.id, { ...kept, held, problem, settledAt })
}

type Wait = {
  readonly group: ReleaseGroup
  readonly known: KnownRelease | undefined
  readonly untilMs: number
  /** When the last one was committed. */
  readonly committedMs: number
}

/** Each commit starts CI and a sync, so a burst of tags becomes few of them, as with the edits of a pull request. */
async function wait(context: ReleaseContext, { group, known, untilMs, committedMs }: Wait): Promise<undefined> {
  const { deps, repository } = context
  const next = { group, since: wantedSince(context, group, known) }
  const editedAt = new Date(committedMs)
  await keepRelease(deps.database, repository.id, { ...uncommitted(context, group, known), editedAt, next })
  await deps.jobs.ask(journeys.release, `${repository.id}`, { afterMs: untilMs - deps.now().getTime() })
  deps.log.info({ branch: group.branch, until: new Date(untilMs) }, 'release waits for the end of a burst')
}

/** In ms. */
function wantedSince({ deps }: ReleaseContext, planned: ReleaseGroup, known: KnownRelease | undefined): number {
  const next = known?.next
  return next !== undefined && sameWish(next.group, planned) ? next.since : deps.now().getTime()
}

function uncommitted(
  { repository }: ReleaseContext,
  group: ReleaseGroup,
  known: KnownRelease | undefined,
): KnownRelease {
  return { ...unwritten(group), plannedAt: repository.head, doubts: known?.doubts ?? 0 }
}
