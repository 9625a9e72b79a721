import { ApiError } from '../api-error.ts'
import { type Actor } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { readCommit } from '../git/commit.ts'
import { mergeTrees, replay } from '../git/merge.ts'
import { noCommit, type RefChange } from '../git/refs.ts'
import { type MergeMethod, type Pull } from '../state.ts'
import { rulesFor } from './branch-rules.ts'
import { commitAs, signatureOf, webFlow } from './commits.ts'
import { closeIssue } from './issue-state.ts'
import { baseTip, blockers, pullCommits, testMerge } from './mergeability.ts'
import { followRefs } from './push.ts'
import { mayWriteWorkflows, violation, workflowsOf, workflowsRefused } from './push-rules.ts'
import { changeRefs, refuseWhenArchived } from './refs.ts'

export type MergeWanted = {
  readonly actor: Actor
  readonly method?: MergeMethod
  /** The head must still be this one. */
  readonly sha?: string
  readonly title?: string
  readonly message?: string
}

/** Merges as GitHub does: refused with its reasons, or a commit on the base, the pull request closed, the events told. */
export async function mergePull(github: GitHub, pull: Pull, wanted: MergeWanted): Promise<string> {
  const { repository } = pull.issue
  const sha = await repository.git.exclusively(() => mergeHeld(github, pull, wanted))
  const { head } = pull
  if (repository.deleteBranchOnMerge && head.repository === repository && head.ref !== repository.defaultBranch) {
    const actor = wanted.actor
    await changeRefs(github, { repository, actor }, [{ name: `refs/heads/${head.ref}`, after: noCommit, force: true }])
  }
  return sha
}

async function mergeHeld(github: GitHub, pull: Pull, wanted: MergeWanted): Promise<string> {
  const { repository } = pull.issue
  const method = wanted.method ?? repository.mergeMethods[0] ?? 'merge'
  await refuseMerge(github, pull, { ...wanted, method })
  const base = baseTip(pull)
  if (base === undefined) throw notMergeable('Base branch was deleted.')
  const sha = await mergeCommit(github, pull, { ...wanted, method, base })
  const { actor } = wanted
  if (!mayWriteWorkflows(actor) && (await workflowsOf(repository, base)) !== (await workflowsOf(repository, sha))) {
    throw new ApiError(403, workflowsRefused)
  }
  const name = `refs/heads/${pull.base.ref}`
  const updated = await repository.git.refs.update([{ name, before: base, after: sha }])
  if (updated.kind !== 'updated') throw notMergeable('Base branch was modified. Review and try the merge again.')
  // The pull request shows what it changed against the base as it was.
  pull.base.sha = base
  pull.merged = { at: timestamp(github), by: actor.account, sha, method }
  await followMerge(github, pull, { actor, changes: updated.changes })
  return sha
}

/** Closed before the push is followed: a base that holds its head would else be taken for a merge by hand. */
async function followMerge(
  github: GitHub,
  pull: Pull,
  { actor, changes }: { readonly actor: Actor; readonly changes: readonly RefChange[] },
): Promise<void> {
  const { repository } = pull.issue
  await closeIssue(github, pull.issue, actor)
  await followRefs(github, { repository, actor }, changes)
}

function notMergeable(message: string): ApiError {
  return new ApiError(405, message)
}

async function refuseMerge(
  github: GitHub,
  pull: Pull,
  wanted: MergeWanted & { readonly method: MergeMethod },
): Promise<void> {
  const { repository } = pull.issue
  refuseWhenArchived(repository)
  if (pull.issue.state === 'closed') throw notMergeable('Pull Request is not mergeable')
  if (wanted.sha !== undefined && wanted.sha !== pull.head.sha) {
    throw new ApiError(409, 'Head branch was modified. Review and try the merge again.')
  }
  if (pull.draft) throw notMergeable('Pull Request is still a draft')
  if (!repository.mergeMethods.includes(wanted.method)) throw notMergeable(methodRefused[wanted.method])
  if ((await testMerge(github, pull)) === undefined) throw notMergeable('Pull Request is not mergeable')
  const appId = wanted.actor.app?.id
  const linear = rulesFor(repository, pull.base.ref, appId).some(({ rules }) => rules.linearHistory)
  if (linear && wanted.method === 'merge')
    throw notMergeable(violation(['This branch must not contain merge commits.']))
  const missing = await blockers(pull, appId)
  if (missing.length > 0) throw notMergeable(violation(missing))
}

const methodRefused: Readonly<Record<MergeMethod, string>> = {
  merge: 'Merge commits are not allowed on this repository.',
  squash: 'Squash merges are not allowed on this repository.',
  rebase: 'Rebase merges are not allowed on this repository.',
}

type Merging = MergeWanted & { readonly method: MergeMethod; readonly base: string }

async function mergeCommit(github: GitHub, pull: Pull, merging: Merging): Promise<string> {
  const { repository, number, title } = pull.issue
  const { git } = repository
  const { base, method, actor } = merging
  const commits = await pullCommits(pull)
  if (method === 'rebase') {
    const target = { onto: base, committer: webFlow(github) }
    const rebased = await replay(git, commits, target)
    if (rebased.kind === 'conflict') throw notMergeable('This branch can not be rebased safely')
    return rebased.sha
  }
  const merged = await mergeTrees(git.path, base, pull.head.sha)
  if (merged.kind === 'conflict') throw notMergeable('Pull Request is not mergeable')
  const who = { author: signatureOf(github, actor), committer: webFlow(github), tree: merged.tree }
  if (method === 'squash') {
    const subject = merging.title ?? `${commits.length === 1 ? await subjectOf(pull, commits[0]) : title} (#${number})`
    const message = paragraphs(subject, merging.message ?? (await squashBody(pull, commits)))
    return commitAs(github, { repository, actor }, { ...who, parents: [base], message })
  }
  const owner = (pull.head.repository ?? repository).owner.login
  const subject = merging.title ?? `Merge pull request #${number} from ${owner}/${pull.head.ref}`
  const message = paragraphs(subject, merging.message ?? title)
  return commitAs(github, { repository, actor }, { ...who, parents: [base, pull.head.sha], message })
}

function paragraphs(subject: string, body: string): string {
  return body.trim() === '' ? subject : `${subject}\n\n${body}`
}

async function subjectOf(pull: Pull, sha: string | undefined): Promise<string> {
  const commit = sha === undefined ? undefined : await readCommit(pull.issue.repository.git.objects, sha)
  return commit?.message.split('\n')[0] ?? pull.issue.title
}

/** The body of a single commit, or the list of all messages. */
async function squashBody(pull: Pull, commits: readonly string[]): Promise<string> {
  const { objects } = pull.issue.repository.git
  const messages = await Promise.all(commits.map(async (sha) => (await readCommit(objects, sha))?.message ?? ''))
  const [only, ...others] = messages
  if (only !== undefined && others.length === 0) return only.split('\n').slice(1).join('\n').trim()
  return messages.map((message) => `* ${message}`).join('\n\n')
}

/** Merges the base into the head, as the button "Update branch" does. */
export async function updateBranch(
  github: GitHub,
  pull: Pull,
  { actor, expectedHead }: { readonly actor: Actor; readonly expectedHead: string | undefined },
): Promise<void> {
  const { repository } = pull.issue
  const head = pull.head.repository
  const base = baseTip(pull)
  if (expectedHead !== undefined && expectedHead !== pull.head.sha) {
    throw new ApiError(422, 'expected head sha didn’t match current head ref.')
  }
  if (head === undefined || head !== repository || base === undefined) {
    throw new ApiError(403, 'The head repository cannot be written to')
  }
  const merged = await mergeTrees(repository.git.path, pull.head.sha, base)
  if (merged.kind === 'conflict') throw new ApiError(422, 'merge conflict between base and head')
  const message = `Merge branch '${pull.base.ref}' into ${pull.head.ref}`
  const commit = { tree: merged.tree, parents: [pull.head.sha, base], message, committer: webFlow(github) }
  const sha = await commitAs(github, { repository, actor }, { ...commit, author: signatureOf(github, actor) })
  if (
    !mayWriteWorkflows(actor) &&
    (await workflowsOf(repository, pull.head.sha)) !== (await workflowsOf(repository, sha))
  ) {
    throw new ApiError(403, workflowsRefused)
  }
  const ref = { name: `refs/heads/${pull.head.ref}`, before: pull.head.sha, after: sha, force: false }
  await changeRefs(github, { repository, actor }, [ref])
}
