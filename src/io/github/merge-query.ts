import { configurationPath } from '../../core/config/configuration.ts'

/** Which file it is by its id, so that nobody reads one that is the same on both sides. */
const configurationFile = `file(path: "${configurationPath}") { oid }`

/** All that GitHub knows of a pull request and that a merge depends on, in one question, and the form of its answer. */
export const mergeFactsQuery = `
query MergeFacts($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    squashMergeAllowed mergeCommitAllowed rebaseMergeAllowed
    defaultBranchRef { name target { oid ... on Commit { ${configurationFile} } } }
    pullRequest(number: $number) {
      number state isDraft isCrossRepository body mergeable mergeStateStatus reviewDecision
      author { __typename ... on Bot { databaseId } ... on User { databaseId } }
      headRefName headRefOid
      latestOpinionatedReviews(first: 100, writersOnly: true) { nodes { state commit { oid } } }
      reviewThreads(first: 100) { totalCount nodes { isResolved } }
      baseRefName
      baseRef {
        refUpdateRule {
          requiredStatusCheckContexts requiredApprovingReviewCount requiresCodeOwnerReviews requiresConversationResolution
        }
        rules(first: 100) {
          pageInfo { hasNextPage }
          nodes {
            type
            parameters {
              __typename
              ... on RequiredStatusChecksParameters { requiredStatusChecks { context integrationId } }
              ... on PullRequestParameters {
                requiredApprovingReviewCount requireCodeOwnerReview requiredReviewThreadResolution allowedMergeMethods
              }
            }
          }
        }
      }
      commits(last: 1) {
        totalCount
        nodes {
          commit {
            oid
            tree { oid }
            ${configurationFile}
            parents(first: 3) { nodes { oid } }
            statusCheckRollup {
              contexts(first: 100) {
                totalCount
                nodes {
                  __typename
                  ... on CheckRun {
                    databaseId name status conclusion title summary
                    checkSuite { app { databaseId } }
                  }
                  ... on StatusContext { context state }
                }
              }
            }
          }
        }
      }
    }
  }
}`

export type MergeAnswer = { readonly repository: RepositoryAnswer }
export type RepositoryAnswer = {
  readonly squashMergeAllowed: boolean
  readonly mergeCommitAllowed: boolean
  readonly rebaseMergeAllowed: boolean
  readonly defaultBranchRef: {
    readonly name: string
    readonly target: { readonly oid: string; readonly file?: FileAnswer | null }
  } | null
  readonly pullRequest: PullAnswer | null
}
export type FileAnswer = { readonly oid: string }
export type PullAnswer = {
  readonly number: number
  readonly state: 'OPEN' | 'CLOSED' | 'MERGED'
  readonly isDraft: boolean
  readonly isCrossRepository: boolean
  readonly body: string
  readonly mergeable: 'MERGEABLE' | 'CONFLICTING' | 'UNKNOWN'
  readonly mergeStateStatus: string
  readonly reviewDecision: 'APPROVED' | 'CHANGES_REQUESTED' | 'REVIEW_REQUIRED' | null
  readonly author: { readonly databaseId?: number } | null
  readonly headRefName: string
  readonly headRefOid: string
  readonly baseRefName: string
  readonly baseRef: BaseAnswer | null
  readonly latestOpinionatedReviews: { readonly nodes: readonly ReviewAnswer[] } | null
  readonly reviewThreads: { readonly totalCount: number; readonly nodes: readonly { readonly isResolved: boolean }[] }
  readonly commits: { readonly totalCount: number; readonly nodes: readonly { readonly commit: CommitAnswer }[] }
}
export type ReviewAnswer = { readonly state: string; readonly commit: { readonly oid: string } | null }
export type BaseAnswer = {
  readonly refUpdateRule: {
    readonly requiredStatusCheckContexts: readonly (string | null)[] | null
    readonly requiredApprovingReviewCount: number | null
    readonly requiresCodeOwnerReviews: boolean
    readonly requiresConversationResolution: boolean
  } | null
  readonly rules: {
    readonly pageInfo: { readonly hasNextPage: boolean }
    readonly nodes: readonly RuleAnswer[]
  } | null
}
export type RuleAnswer = { readonly type: string; readonly parameters: ParametersAnswer | null }
export type ParametersAnswer = {
  readonly requiredStatusChecks?: readonly { readonly context: string; readonly integrationId: number | null }[]
  readonly requiredApprovingReviewCount?: number
  readonly requireCodeOwnerReview?: boolean
  readonly requiredReviewThreadResolution?: boolean
  readonly allowedMergeMethods?: readonly string[] | null
}
export type CommitAnswer = {
  readonly oid: string
  readonly tree: { readonly oid: string }
  readonly file: FileAnswer | null
  readonly parents: { readonly nodes: readonly { readonly oid: string }[] }
  readonly statusCheckRollup: {
    readonly contexts: { readonly totalCount: number; readonly nodes: readonly ContextAnswer[] }
  } | null
}
export type ContextAnswer =
  | {
      readonly __typename: 'CheckRun'
      readonly databaseId: number
      readonly name: string
      readonly status: string
      readonly conclusion: string | null
      readonly title: string | null
      readonly summary: string | null
      readonly checkSuite: { readonly app: { readonly databaseId: number } | null }
    }
  | { readonly __typename: 'StatusContext'; readonly context: string; readonly state: string }
