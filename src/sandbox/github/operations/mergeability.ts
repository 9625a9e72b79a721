import { type GitHub } from '../context.ts'
import { writeCommit, type Signature } from '../git/commit.ts'
import { diffFiles, type FileChange } from '../git/diff.ts'
import { countApart, listCommits, mergeBase } from '../git/history.ts'
import { mergeTrees } from '../git/merge.ts'
import { emptyTree } from '../git/tree.ts'
import { type Pull } from '../state.ts'
import { createMemory } from './memory.ts'
import { rulesFor, rulesOf } from './branch-rules.ts'
import { commitState, requiredState, type CheckState } from './check-state.ts'
import { approvals, isRefusedByReview } from './opinions.ts'

export type MergeableState = 'clean' | 'blocked' | 'behind' | 'dirty' | 'draft' | 'unstable' | 'unknown'
export type Mergeability = {
  readonly mergeable: boolean | null
  readonly state: MergeableState
  /** Of the test merge; of the merge once there was one. */
  readonly commit: string | null
}

/** What GitHub computes when somebody looks at a pull request; here at once, unless it is told to forget. */
export async function mergeabilityOf(github: GitHub, pull: Pull): Promise<Mergeability> {
  if (pull.merged !== undefined) return { mergeable: null, state: 'unknown', commit: pull.merged.sha }
  if (pull.issue.state === 'closed' || github.looks.takeUnknown()) {
    return { mergeable: null, state: 'unknown', commit: null }
  }
  const test = await testMerge(github, pull)
  if (test === undefined) return { mergeable: false, state: 'dirty', commit: null }
  return { mergeable: true, state: await openState(pull), commit: test }
}

async function openState(pull: Pull): Promise<MergeableState> {
  const { repository } = pull.issue
  if (pull.draft) return 'draft'
  if (missing(pull, undefined).length > 0) return 'blocked'
  if (
    await isBehind(
      pull,
      rulesOf(repository, pull.base.ref).some(({ rules }) => rules.strict),
    )
  )
    return 'behind'
  const checks = commitState(repository, pull.head.sha)
  return checks === 'failing' || checks === 'pending' ? 'unstable' : 'clean'
}

async function isBehind(pull: Pull, strict: boolean): Promise<boolean> {
  const base = baseTip(pull)
  if (!strict || base === undefined) return false
  return (await countApart(pull.issue.repository.git.path, base, pull.head.sha)).behind > 0
}

/** Why GitHub would not let this merge, in its own sentences; empty when nothing is missing. */
export async function blockers(pull: Pull, appId: number | undefined): Promise<readonly string[]> {
  const strict = rulesFor(pull.issue.repository, pull.base.ref, appId).some(({ rules }) => rules.strict)
  return [
    ...missing(pull, appId),
    ...((await isBehind(pull, strict)) ? ['Head branch is out of date. Review and try the merge again.'] : []),
  ]
}

function missing(pull: Pull, appId: number | undefined): readonly string[] {
  const { repository } = pull.issue
  return rulesFor(repository, pull.base.ref, appId).flatMap(({ rules }) => [
    ...rules.requiredChecks.flatMap((required) =>
      checkComplaint(required.context, requiredState(repository, pull.head.sha, required)),
    ),
    ...reviewComplaints(pull, rules.requiredApprovals ?? 0),
  ])
}

export function checkComplaint(context: string, state: CheckState): readonly string[] {
  switch (state) {
    case 'success':
      return []
    case 'expected':
      return [`Required status check "${context}" is expected.`]
    case 'pending':
      return [`Required status check "${context}" is in progress.`]
    case 'failing':
      return [`Required status check "${context}" is failing.`]
  }
}

function reviewComplaints(pull: Pull, wanted: number): readonly string[] {
  if (wanted === 0) return []
  const count = wanted === 1 ? '1 approving review is' : `${wanted} approving reviews are`
  return [
    ...(isRefusedByReview(pull) ? ['Changes have been requested by a reviewer with write access.'] : []),
    ...(approvals(pull) < wanted ? [`At least ${count} required by reviewers with write access.`] : []),
  ]
}

export function baseTip(pull: Pull): string | undefined {
  return pull.issue.repository.git.refs.get(`refs/heads/${pull.base.ref}`)
}

const testMerges = createMemory<string | undefined>()
const forkPoints = createMemory<string>()
const fileLists = createMemory<readonly FileChange[]>()
const commitLists = createMemory<readonly string[]>()

const ghost: Omit<Signature, 'at'> = { name: 'GitHub', email: 'noreply@github.com' }

/** The commit that a merge would make, if it can be made. */
export async function testMerge(github: GitHub, pull: Pull): Promise<string | undefined> {
  const { git } = pull.issue.repository
  const base = baseTip(pull)
  if (base === undefined) return undefined
  return testMerges(git, `${base} ${pull.head.sha}`, async () => {
    const merged = await mergeTrees(git.path, base, pull.head.sha)
    if (merged.kind === 'conflict') return undefined
    const who = { ...ghost, at: github.now() }
    const message = `Merge ${pull.head.sha} into ${base}`
    return writeCommit(git.objects, {
      tree: merged.tree,
      parents: [base, pull.head.sha],
      author: who,
      committer: who,
      message,
    })
  })
}

/** Where the two sides parted; a pull request shows what happened on its own side since. */
export async function pullStart(pull: Pull): Promise<string> {
  const { git } = pull.issue.repository
  const base = shownBase(pull)
  return forkPoints(
    git,
    `${base} ${pull.head.sha}`,
    async () => (await mergeBase(git.path, base, pull.head.sha)) ?? emptyTree,
  )
}

/** After a merge the branch has moved on, and holds the head: the base as it was is what counts. */
function shownBase(pull: Pull): string {
  return pull.issue.state === 'open' ? (baseTip(pull) ?? pull.base.sha) : pull.base.sha
}

export async function pullFiles(pull: Pull): Promise<readonly FileChange[]> {
  const { git } = pull.issue.repository
  const from = await pullStart(pull)
  return fileLists(git, `${from} ${pull.head.sha}`, () => diffFiles(git.path, from, pull.head.sha))
}

/** Ids, oldest first. */
export async function pullCommits(pull: Pull): Promise<readonly string[]> {
  const { git } = pull.issue.repository
  const from = shownBase(pull)
  return commitLists(git, `${from} ${pull.head.sha}`, async () =>
    (await listCommits(git.path, { from, to: pull.head.sha })).toReversed(),
  )
}
