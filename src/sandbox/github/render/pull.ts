import { type GitHub } from '../context.ts'
import { nodeId } from '../node-id.ts'
import { mergeabilityOf, pullCommits, pullFiles } from '../operations/mergeability.ts'
import { type Pull, type Repository, type Review } from '../state.ts'
import { authorAssociation, renderAccount } from './account.ts'
import { sumLines } from './commit.ts'
import { commentsOf, issueHtml, issueUrl, renderLabel } from './issue.ts'
import { type Json } from './json.ts'
import { mergeSettings, renderRepository, repositoryUrl } from './repository.ts'
import { renderTeam } from './team.ts'

/** `pull-request`: what one gets by looking at a single one; the same in every event. */
export async function renderPull(github: GitHub, pull: Pull): Promise<Json> {
  const { mergeable, state, commit } = await mergeabilityOf(github, pull)
  const files = await pullFiles(pull)
  return {
    ...renderPullSimple(github, pull),
    requested_teams: pull.requestedTeams.map((team) => renderTeam(github, team)),
    merge_commit_sha: commit,
    merged: pull.merged !== undefined,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: state,
    merged_by: pull.merged === undefined ? null : renderAccount(github, pull.merged.by),
    comments: commentsOf(pull.issue).length,
    review_comments: 0,
    maintainer_can_modify: pull.maintainerCanModify,
    commits: (await pullCommits(pull)).length,
    ...sumLines(files),
    changed_files: files.length,
  }
}

/** `pull-request-simple`: as it stands in lists. */
export function renderPullSimple(github: GitHub, pull: Pull): Json {
  const { issue } = pull
  const url = pullUrl(github, pull)
  const html = issueHtml(github, issue)
  return {
    url,
    id: pull.id,
    node_id: nodeId('pull', pull.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issueUrl(github, issue),
    ...linksOf(github, pull),
    number: issue.number,
    state: issue.state,
    locked: issue.locked,
    title: issue.title,
    user: renderAccount(github, issue.user),
    body: issue.body,
    labels: issue.labels.map((label) => renderLabel(github, issue.repository, label)),
    milestone: null,
    active_lock_reason: null,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt ?? null,
    merged_at: pull.merged?.at ?? null,
    merge_commit_sha: pull.merged?.sha ?? null,
    assignee: issue.assignees[0] === undefined ? null : renderAccount(github, issue.assignees[0]),
    assignees: issue.assignees.map((account) => renderAccount(github, account)),
    requested_reviewers: pull.requestedReviewers.map((account) => renderAccount(github, account)),
    requested_teams: pull.requestedTeams.map((team) => ({
      ...renderTeam(github, team),
      type: 'organization',
      parent: null,
    })),
    head: renderSide(github, pull.head),
    base: renderSide(github, { repository: issue.repository, ...pull.base }),
    _links: {
      self: { href: url },
      html: { href: html },
      issue: { href: issueUrl(github, issue) },
      ...hrefs(github, pull),
    },
    author_association: authorAssociation(issue.repository, issue.user),
    auto_merge: renderAutoMerge(github, pull),
    draft: pull.draft,
  }
}

/** `pull-request-minimal`: as a check run names it. */
export function renderPullMinimal(github: GitHub, pull: Pull): Json {
  const { repository } = pull.issue
  const side = (of: Repository, { ref, sha }: { readonly ref: string; readonly sha: string }): Json => ({
    ref,
    sha,
    repo: { id: of.id, url: repositoryUrl(github, of), name: of.name },
  })
  return {
    url: pullUrl(github, pull),
    id: pull.id,
    number: pull.issue.number,
    head: side(pull.head.repository ?? repository, pull.head),
    base: side(repository, pull.base),
  }
}

export function renderReview(github: GitHub, review: Review): Json {
  const { pull } = review
  const html = `${issueHtml(github, pull.issue)}#pullrequestreview-${review.id}`
  return {
    id: review.id,
    node_id: nodeId('review', review.id),
    user: renderAccount(github, review.user),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: pullUrl(github, pull),
    author_association: authorAssociation(pull.issue.repository, review.user),
    _links: { html: { href: html }, pull_request: { href: pullUrl(github, pull) } },
    submitted_at: review.submittedAt,
    commit_id: review.commit,
  }
}

export function pullUrl(github: GitHub, pull: Pull): string {
  return `${repositoryUrl(github, pull.issue.repository)}/pulls/${pull.issue.number}`
}

function linksOf(github: GitHub, pull: Pull): Json {
  const url = pullUrl(github, pull)
  return {
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repositoryUrl(github, pull.issue.repository)}/pulls/comments{/number}`,
    comments_url: `${issueUrl(github, pull.issue)}/comments`,
    statuses_url: `${repositoryUrl(github, pull.issue.repository)}/statuses/${pull.head.sha}`,
  }
}

function hrefs(github: GitHub, pull: Pull): Json {
  return Object.fromEntries(
    Object.entries(linksOf(github, pull)).map(([name, href]) => [name.replace(/_url$/, ''), { href }]),
  )
}

function renderSide(
  github: GitHub,
  side: { readonly repository: Repository | undefined; readonly ref: string; readonly sha: string },
): Json {
  const { repository, ref, sha } = side
  return {
    label: repository === undefined ? `unknown:${ref}` : `${repository.owner.login}:${ref}`,
    ref,
    sha,
    user: repository === undefined ? null : renderAccount(github, repository.owner),
    repo: repository === undefined ? null : { ...renderRepository(github, repository), ...mergeSettings(repository) },
  }
}

function renderAutoMerge(github: GitHub, { autoMerge }: Pull): Json | null {
  if (autoMerge === undefined) return null
  return {
    enabled_by: renderAccount(github, autoMerge.enabledBy),
    merge_method: autoMerge.method,
    commit_title: autoMerge.title,
    commit_message: autoMerge.message,
  }
}
