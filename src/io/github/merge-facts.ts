import type { Octokit } from '@octokit/rest'
import type { BaseFacts, CheckFacts, PullRequestFacts } from '../../core/automerge/facts.ts'
import type { MergeMethod } from '../../core/config/configuration.ts'
import {
  type CommitSha,
  type PullNumber,
  type RepoName,
  parseBranchName,
  parseCommitSha,
  parsePullNumber,
  parseTreeSha,
  parseUserId,
} from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { parseReleaseMarker } from '../../core/release/marker.ts'
import { graphql } from './graphql.ts'
import {
  type MergeAnswer,
  type RepositoryAnswer,
  type PullAnswer,
  type ParametersAnswer,
  type CommitAnswer,
  type ContextAnswer,
  mergeFactsQuery,
} from './merge-query.ts'
import { ownerAndName } from './repository-name.ts'

/** A pull request, its base, and what has been reported on its head: everything GitHub knows that a merge depends on. */
export type MergeState = {
  readonly pull: PullRequestFacts
  readonly base: BaseFacts
  readonly checks: readonly CheckFacts[]
  /** Our own check run on the head, to be looked at before it is written. */
  readonly policyRun: PolicyRun | undefined
  /** The default branch's head, whose configuration decides. */
  readonly defaultHead: CommitSha
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
  const { repository: found } = await graphql<MergeAnswer>(octokit, mergeFactsQuery, { owner, name, number })
  const commit = found.pullRequest?.commits.nodes.at(-1)?.commit
  if (found.pullRequest === null || found.defaultBranchRef === null || commit === undefined) return undefined
  const { nodes: contexts, totalCount } = commit.statusCheckRollup?.contexts ?? { nodes: [], totalCount: 0 }
  return {
    pull: pullFacts(found.pullRequest, commit),
    base: baseFacts(found, found.pullRequest),
    checks: [...contexts.map((context) => checkFacts(context, own.appId)), ...unseen(totalCount - contexts.length)],
    policyRun: policyRun(contexts, own),
    defaultHead: guaranteed(parseCommitSha(found.defaultBranchRef.target.oid)),
  }
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
  return {
    number: guaranteed(parsePullNumber(pull.number)),
    state: states[pull.state],
    draft: pull.isDraft,
    author: author === undefined ? undefined : guaranteed(parseUserId(author)),
    marker: parseReleaseMarker(pull.body),
    sameRepository: !pull.isCrossRepository,
    headBranch: guaranteed(parseBranchName(pull.headRefName)),
    head: guaranteed(parseCommitSha(pull.headRefOid)),
    headTree: guaranteed(parseTreeSha(commit.tree.oid)),
    headParents: commit.parents.nodes.map(({ oid }) => guaranteed(parseCommitSha(oid))),
    mergeable: mergeables[pull.mergeable],
    mergeState: mergeStates[pull.mergeStateStatus] ?? 'unknown',
    review: pull.reviewDecision === null ? 'none' : reviews[pull.reviewDecision],
  }
}

/** Rulesets and classic protection add up: what one asks for, the other cannot take back. */
function baseFacts(repository: RepositoryAnswer, pull: PullAnswer): BaseFacts {
  const classic = pull.baseRef?.refUpdateRule ?? undefined
  const rules = pull.baseRef?.rules?.nodes ?? []
  const parameters = rules.flatMap((rule) => (rule.parameters === null ? [] : [rule.parameters]))
  const classicContexts = (classic?.requiredStatusCheckContexts ?? []).filter((context) => context !== null)
  return {
    branch: guaranteed(parseBranchName(pull.baseRefName)),
    isDefault: pull.baseRefName === repository.defaultBranchRef?.name,
    required: [
      ...classicContexts.map((context) => ({ context, app: undefined })),
      ...parameters.flatMap((rule) =>
        (rule.requiredStatusChecks ?? []).map(({ context, integrationId }) => ({
          context,
          app: integrationId ?? undefined,
        })),
      ),
    ],
    requiredApprovals: Math.max(
      classic?.requiredApprovingReviewCount ?? 0,
      ...parameters.map((rule) => rule.requiredApprovingReviewCount ?? 0),
    ),
    codeOwnersRequired:
      classic?.requiresCodeOwnerReviews === true || parameters.some((rule) => rule.requireCodeOwnerReview === true),
    upToDateRequired: parameters.some((rule) => rule.strictRequiredStatusChecksPolicy === true),
    mergeQueue: rules.some((rule) => rule.type === 'MERGE_QUEUE'),
    methods: allowedMethods(repository, parameters),
  }
}

function allowedMethods(repository: RepositoryAnswer, parameters: readonly ParametersAnswer[]): readonly MergeMethod[] {
  const byRepository: readonly (readonly [MergeMethod, boolean])[] = [
    ['squash', repository.squashMergeAllowed],
    ['merge', repository.mergeCommitAllowed],
    ['rebase', repository.rebaseMergeAllowed],
  ]
  const byRules = parameters
    .map((rule) => rule.allowedMergeMethods ?? undefined)
    .filter((allowed) => allowed !== undefined)
  return byRepository
    .filter(([, allowed]) => allowed)
    .map(([method]) => method)
    .filter((method) => byRules.every((allowed) => allowed.some((name) => name.toLowerCase() === method)))
}

function checkFacts(context: ContextAnswer, appId: number): CheckFacts {
  if (context.__typename === 'StatusContext') {
    return { name: context.context, app: undefined, ours: false, state: statusState(context.state) }
  }
  const app = context.checkSuite.app?.databaseId
  return { name: context.name, app, ours: app === appId, state: runState(context.status, context.conclusion) }
}

/** What one page does not show may have failed: it counts as not done. */
function unseen(count: number): readonly CheckFacts[] {
  return count > 0 ? [{ name: `${count} more checks`, app: undefined, ours: false, state: 'pending' }] : []
}

function statusState(state: string): CheckFacts['state'] {
  if (state === 'SUCCESS') return 'success'
  return state === 'PENDING' || state === 'EXPECTED' ? 'pending' : 'failure'
}

/** Skipped and neutral count as passed, as they do for GitHub's own required checks. */
function runState(status: string, conclusion: string | null): CheckFacts['state'] {
  if (status !== 'COMPLETED') return 'pending'
  return ['SUCCESS', 'NEUTRAL', 'SKIPPED'].includes(conclusion ?? '') ? 'success' : 'failure'
}

function policyRun(
  contexts: readonly ContextAnswer[],
  own: { readonly appId: number; readonly checkName: string },
): PolicyRun | undefined {
  const run = contexts.find(
    (context) =>
      context.__typename === 'CheckRun' &&
      context.name === own.checkName &&
      context.checkSuite.app?.databaseId === own.appId,
  )
  if (run?.__typename !== 'CheckRun') return undefined
  return {
    id: run.databaseId,
    conclusion: run.conclusion?.toLowerCase(),
    title: run.title ?? '',
    summary: run.summary ?? '',
  }
}
