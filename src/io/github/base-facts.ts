import type { BaseFacts } from '../../core/automerge/facts.ts'
import type { MergeMethod } from '../../core/config/configuration.ts'
import type { ParametersAnswer, PullAnswer, RepositoryAnswer } from './merge-query.ts'

/** Rules that say nothing of when a pull request may be merged, or that are facts of their own below. */
const judgedRules: ReadonlySet<string> = new Set([
  'BRANCH_NAME_PATTERN',
  'COMMITTER_EMAIL_PATTERN',
  'COMMIT_AUTHOR_EMAIL_PATTERN',
  'COMMIT_MESSAGE_PATTERN',
  'CREATION',
  'DELETION',
  'FILE_EXTENSION_RESTRICTION',
  'FILE_PATH_RESTRICTION',
  'MAX_FILE_PATH_LENGTH',
  'MAX_FILE_SIZE',
  'MERGE_QUEUE',
  'NON_FAST_FORWARD',
  'PULL_REQUEST',
  'REQUIRED_LINEAR_HISTORY',
  'REQUIRED_SIGNATURES',
  'REQUIRED_STATUS_CHECKS',
])

/** Rulesets and classic protection add up: what one asks for, the other cannot take back. */
export function baseFacts(repository: RepositoryAnswer, pull: PullAnswer): BaseFacts {
  const classic = pull.baseRef?.refUpdateRule ?? undefined
  const rules = pull.baseRef?.rules?.nodes ?? []
  const parameters = rules.flatMap((rule) => (rule.parameters === null ? [] : [rule.parameters]))
  const classicContexts = (classic?.requiredStatusCheckContexts ?? []).filter((context) => context !== null)
  return {
    branch: pull.baseRefName,
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
    conversationsRequired:
      classic?.requiresConversationResolution === true ||
      parameters.some((rule) => rule.requiredReviewThreadResolution === true),
    mergeQueue: rules.some((rule) => rule.type === 'MERGE_QUEUE'),
    otherGates: [...new Set(rules.map((rule) => rule.type).filter((type) => !judgedRules.has(type)))].toSorted(),
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
