import type { Octokit } from '@octokit/rest'
import type { BaseFacts, CheckFacts, PullRequestFacts } from '../../core/automerge/facts.ts'
import { type CheckReport, newestChecks } from '../../core/automerge/newest-checks.ts'
import {
  type BlobSha,
  type CommitSha,
  type PullNumber,
  type RepoName,
  parseBlobSha,
  parseBranchName,
  parseCommitSha,
  parsePullNumber,
  parseTreeSha,
  parseUserId,
} from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { parseReleaseMarker } from '../../core/release/marker.ts'
import { graphql, isAbsent } from './graphql.ts'
import { baseFacts } from './base-facts.ts'
import {
  type MergeAnswer,
  type PullAnswer,
  type CommitAnswer,
  type ContextAnswer,
  type FileAnswer,
  mergeFactsQuery,
} from './merge-query.ts'
import { GitHubUnavailable } from './errors.ts'
import { protectionOf } from './protection.ts'
import { ownerAndName } from './repository-name.ts'

/** A pull request, its base, and what has been reported on its head: everything GitHub knows that a merge depends on. */
export type MergeState = {
  readonly pull: PullRequestFacts
  readonly base: BaseFacts
  /** What keeps pushes away from the base, for people; empty: nothing. */
  readonly protectedBy: readonly string[]
  readonly checks: readonly CheckFacts[]
  /** Our own check run on the head, to be looked at before it is written. */
  readonly policyRun: PolicyRun | undefined
  /** The default branch's head, whose configuration decides. */
  readonly defaultHead: CommitSha
  /** The configuration at the head, where it is another file than the default branch has. */
  readonly configuration: BlobSha | undefined
}

export type PolicyRun = {
  readonly id: number
  readonly conclusion: string | undefined
  readonly title: string
  readonly summary: string
}

/** undefined: there is no such pull request, or its commit is gone. */
export async function readMergeState(
  octokit: Octokit,
  repository: RepoName,
  number: PullNumber,
  own: { readonly appId: number; readonly checkName: string },
): Promise<MergeState | undefined> {
  const [owner, name] = ownerAndName(repository)
  const found = await graphql<MergeAnswer>(octokit, mergeFactsQuery, { owner, name, number }).then(
    ({ repository }) => repository,
    (error: unknown) => {
      if (isAbsent(error, 'repository.pullRequest')) return undefined
      throw error
    },
  )
  const commit = found?.pullRequest?.commits.nodes.at(-1)?.commit
  if (found === undefined || found.pullRequest === null || found.defaultBranchRef === null || commit === undefined)
    return undefined
  if (commit.oid !== found.pullRequest.headRefOid) {
    throw new GitHubUnavailable('GitHub shows another commit than the head of the pull request', { cause: undefined })
  }
  const { nodes: contexts, totalCount } = commit.statusCheckRollup?.contexts ?? { nodes: [], totalCount: 0 }
  return {
    pull: pullFacts(found.pullRequest, commit),
    base: baseFacts(found, found.pullRequest),
    protectedBy: protectionOf(found.pullRequest.baseRef),
    checks: [
      ...newestChecks(contexts.map((context) => checkReport(context, own.appId))),
      ...unseen(totalCount - contexts.length),
    ],
    policyRun: policyRun(contexts, own),
    configuration: otherFile(commit.file, found.defaultBranchRef.target.file ?? null),
    defaultHead: guaranteed(parseCommitSha(found.defaultBranchRef.target.oid)),
  }
}

function otherFile(file: FileAnswer | null, usual: FileAnswer | null): BlobSha | undefined {
  return file === null || file.oid === usual?.oid ? undefined : guaranteed(parseBlobSha(file.oid))
}

const states = { OPEN: 'open', CLOSED: 'closed', MERGED: 'merged' } as const
const mergeables = { MERGEABLE: 'yes', CONFLICTING: 'conflict', UNKNOWN: 'unknown' } as const
const reviews = { APPROVED: 'approved', CHANGES_REQUESTED: 'changes-requested', REVIEW_REQUIRED: 'required' } as const
const mergeStates: Readonly<Record<string, PullRequestFacts['mergeState']>> = {
  CLEAN: 'clean',
  UNSTABLE: 'unstable',
  BLOCKED: 'blocked',
  BEHIND: 'behind',
  DIRTY: 'dirty',
  DRAFT: 'draft',
  HAS_HOOKS: 'has-hooks',
}

function pullFacts(pull: PullAnswer, commit: CommitAnswer): PullRequestFacts {
  const author = pull.author?.databaseId
  const headBranch = parseBranchName(pull.headRefName)
  return {
    number: guaranteed(parsePullNumber(pull.number)),
    state: states[pull.state],
    draft: pull.isDraft,
    author: author === undefined ? undefined : guaranteed(parseUserId(author)),
    marker: parseReleaseMarker(pull.body),
    sameRepository: !pull.isCrossRepository,
    headBranch: headBranch.ok ? headBranch.value : undefined,
    head: guaranteed(parseCommitSha(pull.headRefOid)),
    headTree: guaranteed(parseTreeSha(commit.tree.oid)),
    headParents: commit.parents.nodes.map(({ oid }) => guaranteed(parseCommitSha(oid))),
    commits: pull.commits.totalCount,
    mergeable: mergeables[pull.mergeable],
    mergeState: mergeStates[pull.mergeStateStatus] ?? 'unknown',
    review: reviewOf(pull),
    approvals: approvalsOf(pull),
    unresolvedThreads: unresolvedThreads(pull),
  }
}

/** Where no approval is required GitHub decides nothing; a reviewer's word counts all the same. */
function reviewOf({ reviewDecision, latestOpinionatedReviews }: PullAnswer): PullRequestFacts['review'] {
  const opinions = latestOpinionatedReviews?.nodes ?? []
  if (opinions.some(({ state }) => state === 'CHANGES_REQUESTED')) return 'changes-requested'
  return reviewDecision === null ? 'none' : reviews[reviewDecision]
}

/** An approval of an older head was for other tags. */
function approvalsOf({ latestOpinionatedReviews, headRefOid }: PullAnswer): number {
  const reviews = latestOpinionatedReviews?.nodes ?? []
  return reviews.filter(({ state, commit }) => state === 'APPROVED' && commit?.oid === headRefOid).length
}

/** What one page does not show may be open. */
function unresolvedThreads({ reviewThreads: { totalCount, nodes } }: PullAnswer): number {
  return totalCount - nodes.filter(({ isResolved }) => isResolved).length
}

function checkReport(context: ContextAnswer, appId: number): CheckReport {
  if (context.__typename === 'StatusContext') {
    return { name: context.context, app: undefined, ours: false, state: statusState(context.state), id: undefined }
  }
  const { name, databaseId: id, checkSuite } = context
  const app = checkSuite.app?.databaseId
  return { name, app, ours: app === appId, state: runState(context.status, context.conclusion), id }
}

/** What one page does not show may have failed: it counts as not done. */
function unseen(count: number): readonly CheckFacts[] {
  return count > 0 ? [{ name: `${count} more checks`, app: undefined, ours: false, state: 'pending' }] : []
}

function statusState(state: string): CheckFacts['state'] {
  if (state === 'SUCCESS') return 'success'
  return state === 'PENDING' || state === 'EXPECTED' ? 'pending' : 'failure'
}

function runState(status: string, conclusion: string | null): CheckFacts['state'] {
  if (status !== 'COMPLETED') return 'pending'
  if (conclusion === 'SUCCESS') return 'success'
  return conclusion === 'NEUTRAL' || conclusion === 'SKIPPED' ? 'skipped' : 'failure'
}

function policyRun(
  contexts: readonly ContextAnswer[],
  own: { readonly appId: number; readonly checkName: string },
): PolicyRun | undefined {
  const runs = contexts.filter((context) => context.__typename === 'CheckRun')
  const [newest] = runs
    .filter(({ name, checkSuite }) => name === own.checkName && checkSuite.app?.databaseId === own.appId)
    .toSorted((a, b) => b.databaseId - a.databaseId)
  if (newest === undefined) return undefined
  return {
    id: newest.databaseId,
    conclusion: newest.conclusion?.toLowerCase(),
    title: newest.title ?? '',
    summary: newest.summary ?? '',
  }
}
