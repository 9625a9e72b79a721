import { clusterNamed } from '../../core/config/configuration.ts'
import type { PullNumber } from '../../core/ids.ts'
import { formatProblem } from '../../core/parsed.ts'
import { type BranchStep, type PullStep, decideRelease } from '../../core/release/decide.ts'
import { type ReleaseGroup, editsOfGroup, sameChanges, wholeGroup } from '../../core/release/group.ts'
import { markerOf } from '../../core/release/marker.ts'
import { type Opening, openingOf } from '../../core/release/opening.ts'
import {
  type PullRequestText,
  commitMessage,
  pullRequestText,
  withOthersText,
} from '../../core/release/pull-request-text.ts'
import { withoutNo } from '../../core/release/commit-decision.ts'
import { createCommit, createTree, moveBranch } from '../../io/github/branch.ts'
import { editPull, openPull } from '../../io/github/pulls.ts'
import { type ReleaseQuestion, type ReleaseState, readReleaseState } from '../../io/github/release-facts.ts'
import { doubtHead } from '../../io/store/repositories.ts'
import { type KnownRelease, type WrittenRelease, keepRelease } from '../../io/store/releases.ts'
import { formatPullKey, journeys } from '../keys.ts'
import { holdRelease } from './release-hold.ts'
import { finishOpening } from './release-opened.ts'
import type { ReleaseContext, StepOutcome } from './release-steps.ts'
import { editedTexts } from './release-texts.ts'
import { withdrawGroup } from './release-withdraw.ts'
import { hearPulls, hearTakenBack, recalled } from './release-words.ts'

export type Publication = { readonly known: KnownRelease | undefined; readonly mayOpen: boolean }

/** Branch, commit and pull request of one group, looked at first and written only where they differ. */
export async function publishGroup(
  context: ReleaseContext,
  planned: ReleaseGroup,
  { known, mayOpen }: Publication,
): Promise<StepOutcome> {
  const { deps, repository } = context
  const seen = await stateOf(context, planned, known)
  if (seen === undefined) return 'again'
  const state = await recalled(context, seen, known)
  await hearPulls(context, planned, state)
  const { group, takenBack } = withoutNo(state, planned)
  await hearTakenBack(context, planned, takenBack)
  const same = known !== undefined && sameChanges(known.group, group)
  const written = same ? known.written : undefined
  const open = openNumber(state)
  const opening = open === undefined ? openingOf(context.configuration.pullRequests) : known?.opening
  const text = textOf(context, group, opening)
  const found = { ...foundRelease(known, open), group, written, plannedAt: repository.head }
  const keep = (progress: Partial<KnownRelease>): Promise<void> =>
    keepRelease(deps.database, repository.id, { ...found, ...progress })
  const refused = group.changes.length === 0 ? group.refused?.[0]?.refusal : undefined
  const wanted = { marker: markerOf(group), refused, text, written: written?.head, lastText: known?.text }
  const decision = decideRelease(state, wanted)
  if (decision.do === 'withdraw') return withdrawGroup(context, group)
  if (decision.do === 'leave') {
    deps.log.info({ branch: group.branch, because: decision.because }, 'release left alone')
    await keep({ settledAt: repository.head })
    await lookAgain(context, open)
    return 'done'
  }
  if (decision.pull.do === 'open' && !mayOpen) return holdRelease(context, { ...found, held: known?.held })
  const branch = await carryOutBranch(context, { group, state, step: decision.branch, written })
  if (branch.kind === 'moved-by-others') return 'again'
  if (branch.kind === 'refused') {
    deps.log.warn({ branch: group.branch, problem: branch.problem }, 'release refused by its files')
    await keep({ written: undefined, problem: branch.problem, settledAt: repository.head })
    await lookAgain(context, open)
    return 'done'
  }
  const untouched = branch.kind === 'kept' && decision.pull.do === 'keep'
  const editedAt = open === undefined || untouched ? found.editedAt : deps.now()
  await keep({ written: branch.written, editedAt, opening })
  const pull = await carryOutPull(context, { group, text, step: decision.pull, open })
  const done = { written: branch.written, editedAt, pull, open: true, text, opening }
  const finished = await finishOpening(context, {
    pull,
    opening,
    body: state.pulls.find(({ number }) => number === pull)?.body ?? '',
    textOf: (progress) => textOf(context, group, progress),
    keep: (progress) => keep({ ...done, opening: progress }),
  })
  await keep({ ...done, ...finished, settledAt: repository.head })
  // What was written comes back as a webhook; where nothing was, nobody else says that the plan holds again.
  if (untouched) await lookAgain(context, pull)
  return 'done'
}

/** What was known, as far as what was found on GitHub leaves it standing. */
function foundRelease(
  known: KnownRelease | undefined,
  open: PullNumber | undefined,
): Omit<KnownRelease, 'group' | 'written' | 'plannedAt'> {
  return {
    pull: open ?? known?.pull,
    open: open !== undefined,
    editedAt: open === undefined ? undefined : known?.editedAt,
    next: undefined,
    held: undefined,
    opening: open === undefined ? undefined : known?.opening,
    text: known?.text,
    problem: undefined,
    settledAt: undefined,
    doubts: known?.doubts ?? 0,
  }
}

/** undefined: the default branch is no longer what the plan was made from. */
async function stateOf(
  { deps, octokit, repository }: ReleaseContext,
  group: ReleaseGroup,
  known: KnownRelease | undefined,
): Promise<ReleaseState | undefined> {
  const question: ReleaseQuestion = {
    repository: repository.name,
    base: repository.defaultBranch,
    branch: group.branch,
    files: [...editsOfGroup(wholeGroup(group)).keys()],
    // Before a cluster went by pull requests it may have gone to the branch itself.
    ...(known?.open === true ? {} : { past: 'asked' }),
  }
  const state = await readReleaseState(octokit, question)
  if (state?.base.head === repository.head) return state
  await doubtHead(deps.database, repository.id)
  return undefined
}

type Branch = {
  readonly group: ReleaseGroup
  readonly state: ReleaseState
  readonly step: BranchStep
  readonly written: WrittenRelease | undefined
}

type BranchOutcome =
  | { readonly kind: 'kept' | 'written'; readonly written: WrittenRelease }
  | { readonly kind: 'moved-by-others' }
  | { readonly kind: 'refused'; readonly problem: string }

async function carryOutBranch(
  { deps, octokit, repository, configuration }: ReleaseContext,
  { group, state, step, written }: Branch,
): Promise<BranchOutcome> {
  if (step.do === 'keep' && written !== undefined) return { kind: 'kept', written }
  const texts = editedTexts(group, state.files)
  if (!texts.ok) return { kind: 'refused', problem: texts.problems.map(formatProblem).join('; ') }
  const parent = state.base.head
  const tree = await createTree(octokit, repository.name, { base: state.base.tree, files: texts.value })
  const current = state.branch
  // What a run before this one wrote before it died: the same tree on the same commit is the same release.
  if (current?.tree === tree && current.parents.join() === parent) {
    return { kind: 'kept', written: { head: current.head, parent, tree } }
  }
  const message = commitMessage(group, configuration.pullRequests.commitPrefix)
  const head = await createCommit(octokit, repository.name, { message, tree, parent })
  const moved = await moveBranch(
    octokit,
    { name: repository.name, node: state.repositoryNode },
    { branch: group.branch, from: current?.head, to: head },
  )
  if (moved === 'moved-by-others') return { kind: 'moved-by-others' }
  deps.log.info({ branch: group.branch, head }, 'release branch written')
  return { kind: 'written', written: { head, parent, tree } }
}

type Pull = {
  readonly group: ReleaseGroup
  readonly text: PullRequestText
  readonly step: PullStep
  readonly open: PullNumber | undefined
}

async function carryOutPull(
  { deps, octokit, repository }: ReleaseContext,
  { group, text, step, open }: Pull,
): Promise<PullNumber | undefined> {
  switch (step.do) {
    case 'keep':
      return open
    case 'edit': {
      const { number, body } = step.pull
      const change = { title: text.title, body: withOthersText(text.body, body), base: repository.defaultBranch }
      await editPull(octokit, repository.name, number, change)
      deps.log.info({ pull: number, title: text.title }, 'release pull request edited')
      return number
    }
    case 'open': {
      const pull = { head: group.branch, base: repository.defaultBranch, text }
      const number = await openPull(octokit, repository.name, pull)
      deps.log.info({ pull: number, title: text.title }, 'release pull request opened')
      return number
    }
  }
}

async function lookAgain({ deps, repository }: ReleaseContext, pull: PullNumber | undefined): Promise<void> {
  if (pull === undefined) return
  await deps.jobs.ask(journeys.automerge, formatPullKey({ repository: repository.id, number: pull }))
}

function textOf(
  { deps, configuration }: ReleaseContext,
  group: ReleaseGroup,
  opening: Opening | undefined,
): PullRequestText {
  const release = clusterNamed(configuration, group.cluster)?.release ?? configuration.release
  const { commitPrefix } = configuration.pullRequests
  const today = deps.now().toISOString().slice(0, 10)
  return pullRequestText(group, { release, commitPrefix, today, notes: opening?.refused ?? [] })
}

function openNumber(state: ReleaseState): PullNumber | undefined {
  return state.pulls.find((pull) => pull.state === 'open')?.number
}
