import { fullName } from '../lookup.ts'
import { nodeId } from '../node-id.ts'
import { mergeabilityOf, pullCommits, pullFiles } from '../operations/mergeability.ts'
import { approvals, countedOpinions, isRefusedByReview, opinions } from '../operations/opinions.ts'
import { rulesOf } from '../operations/branch-rules.ts'
import { type FileChange } from '../git/diff.ts'
import { authorAssociation } from '../render/account.ts'
import { commentsOf, issueHtml } from '../render/issue.ts'
import { type Pull, type Review } from '../state.ts'
import { accountFields } from './account.ts'
import { connection, type Page } from './connection.ts'
import { commentFields, labelFields } from './comment.ts'
import { type Fields, type View } from './fields.ts'
import { once } from './once.ts'
import { rollupFields } from './rollup.ts'
import { eventFields, timelineTypes } from './timeline.ts'

export function pullFields(view: View, pull: Pull): Fields {
  return {
    __typename: 'PullRequest',
    ...descriptionFields(view, pull),
    ...sideFields(view, pull),
    ...mergeFields(view, pull),
    ...listFields(view, pull),
  }
}

function descriptionFields(view: View, pull: Pull): Omit<Fields, '__typename'> {
  const { issue } = pull
  return {
    id: nodeId('pull', pull.id),
    databaseId: pull.id,
    fullDatabaseId: `${pull.id}`,
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    bodyText: issue.body ?? '',
    state: pull.merged === undefined ? issue.state.toUpperCase() : 'MERGED',
    closed: issue.state === 'closed',
    locked: issue.locked,
    isDraft: pull.draft,
    author: () => accountFields(view, issue.user),
    authorAssociation: authorAssociation(issue.repository, issue.user),
    createdAt: issue.createdAt,
    updatedAt: issue.updatedAt,
    publishedAt: issue.createdAt,
    closedAt: issue.closedAt ?? null,
    resourcePath: `/${fullName(issue.repository)}/pull/${issue.number}`,
    url: issueHtml(view.github, issue),
    permalink: issueHtml(view.github, issue),
    repository: () => view.show.repository(issue.repository),
  }
}

function sideFields(view: View, { issue, head, base, maintainerCanModify }: Pull): Omit<Fields, '__typename'> {
  const { repository } = issue
  return {
    headRefName: head.ref,
    headRefOid: head.sha,
    headRef: () => (head.repository === undefined ? null : view.show.ref(head.repository, `refs/heads/${head.ref}`)),
    headRepository: () => (head.repository === undefined ? null : view.show.repository(head.repository)),
    headRepositoryOwner: () => (head.repository === undefined ? null : accountFields(view, head.repository.owner)),
    baseRefName: base.ref,
    baseRefOid: base.sha,
    baseRef: () => view.show.ref(repository, `refs/heads/${base.ref}`),
    baseRepository: () => view.show.repository(repository),
    isCrossRepository: head.repository !== repository,
    maintainerCanModify,
  }
}

function mergeFields(view: View, pull: Pull): Omit<Fields, '__typename'> {
  const { merged, autoMerge, issue } = pull
  // One look for all fields of one answer: the next look may find it computed.
  const mergeability = once(() => mergeabilityOf(view.github, pull))
  return {
    merged: merged !== undefined,
    mergedAt: merged?.at ?? null,
    mergedBy: () => (merged === undefined ? null : accountFields(view, merged.by)),
    mergeCommit: () => (merged === undefined ? null : view.show.commit(issue.repository, merged.sha)),
    mergeable: async () => mergeableNames[`${(await mergeability()).mergeable}`],
    mergeStateStatus: async () => (await mergeability()).state.toUpperCase(),
    potentialMergeCommit: async () => {
      const { commit } = await mergeability()
      return commit === null ? null : view.show.commit(issue.repository, commit)
    },
    reviewDecision: reviewDecision(pull),
    statusCheckRollup: () => rollupFields(view, issue.repository, pull.head.sha),
    autoMergeRequest: () =>
      autoMerge === undefined
        ? null
        : {
            __typename: 'AutoMergeRequest',
            enabledBy: accountFields(view, autoMerge.enabledBy),
            mergeMethod: autoMerge.method.toUpperCase(),
            commitHeadline: autoMerge.title,
            commitBody: autoMerge.message,
          },
    // There are no merge queues here.
    isInMergeQueue: false,
    isMergeQueueEnabled: false,
    mergeQueueEntry: null,
  }
}

const mergeableNames: Readonly<Record<`${boolean | null}`, string>> = {
  true: 'MERGEABLE',
  false: 'CONFLICTING',
  null: 'UNKNOWN',
}

/** Null where no review is asked for, whatever reviewers say. */
function reviewDecision(pull: Pull): string | null {
  const rules = rulesOf(pull.issue.repository, pull.base.ref)
  const wanted = Math.max(0, ...rules.map(({ rules: { requiredApprovals = 0 } }) => requiredApprovals))
  if (wanted === 0) return null
  if (isRefusedByReview(pull)) return 'CHANGES_REQUESTED'
  return approvals(pull) >= wanted ? 'APPROVED' : 'REVIEW_REQUIRED'
}

function listFields(view: View, pull: Pull): Omit<Fields, '__typename'> {
  const { issue } = pull
  const files = once(() => pullFiles(pull))
  const sum = async (count: (file: FileChange) => number): Promise<number> =>
    (await files()).reduce((total, file) => total + count(file), 0)
  return {
    labels: (page: Page) => connection('LabelConnection', issue.labels, { page, node: labelFields }),
    commits: async (page: Page) =>
      connection('PullRequestCommitConnection', await pullCommits(pull), {
        page,
        node: (sha) => pullCommitFields(view, pull, sha),
      }),
    files: async (page: Page) =>
      connection('PullRequestChangedFileConnection', await files(), { page, node: fileFields }),
    changedFiles: async () => (await files()).length,
    additions: () => sum(({ additions }) => additions),
    deletions: () => sum(({ deletions }) => deletions),
    comments: (page: Page) =>
      connection('IssueCommentConnection', commentsOf(issue), {
        page,
        node: (comment) => commentFields(view, comment),
      }),
    totalCommentsCount: commentsOf(issue).length,
    reviews: (page: Page) =>
      connection('PullRequestReviewConnection', pull.reviews, { page, node: (review) => reviewFields(view, review) }),
    latestOpinionatedReviews: ({ writersOnly = false, ...page }: Page & { readonly writersOnly?: boolean }) =>
      connection('PullRequestReviewConnection', writersOnly ? countedOpinions(pull) : opinions(pull), {
        page,
        node: (review) => reviewFields(view, review),
      }),
    // Nobody comments on lines here.
    reviewThreads: (page: Page) =>
      connection('PullRequestReviewThreadConnection', [], { page, node: (thread) => thread }),
    timelineItems: ({ itemTypes, ...page }: Page & { readonly itemTypes?: readonly string[] }) => {
      const events = issue.timeline.filter(({ event }) => {
        const type = timelineTypes[event]
        return type !== undefined && (itemTypes === undefined || itemTypes.includes(type.item))
      })
      return connection('PullRequestTimelineItemsConnection', events, {
        page,
        node: (event) => eventFields(view, pull, event),
      })
    },
  }
}

function pullCommitFields(view: View, pull: Pull, sha: string): Fields {
  const url = `${issueHtml(view.github, pull.issue)}/commits/${sha}`
  return {
    __typename: 'PullRequestCommit',
    id: nodeId('pull', pull.id),
    url,
    resourcePath: new URL(url).pathname,
    commit: () => view.show.commit(pull.issue.repository, sha),
    pullRequest: () => view.show.pull(pull),
  }
}

function fileFields({ path, additions, deletions, status }: FileChange): Fields {
  const changeType = status === 'removed' ? 'DELETED' : status.toUpperCase()
  return { __typename: 'PullRequestChangedFile', path, additions, deletions, changeType, viewerViewedState: 'UNVIEWED' }
}

function reviewFields(view: View, review: Review): Fields {
  return {
    __typename: 'PullRequestReview',
    id: nodeId('review', review.id),
    databaseId: review.id,
    state: review.state,
    body: review.body,
    author: () => accountFields(view, review.user),
    submittedAt: review.submittedAt,
    commit: () => view.show.commit(review.pull.issue.repository, review.commit),
  }
}
