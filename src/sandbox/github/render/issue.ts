import { type GitHub } from '../context.ts'
import { fullName } from '../lookup.ts'
import { nodeId } from '../node-id.ts'
import { type Issue, type IssueComment, type Label, type Reaction, type Repository } from '../state.ts'
import { authorAssociation, renderAccount } from './account.ts'
import { renderApp } from './app.ts'
import { type Json } from './json.ts'
import { repositoryUrl } from './repository.ts'

export function renderIssue(github: GitHub, issue: Issue): Json {
  const closedBy = issue.closedBy === undefined ? null : renderAccount(github, issue.closedBy)
  return { ...renderIssueEvent(github, issue), closed_by: closedBy }
}

/** As in events, which do not say who closed it: the sender did. */
export function renderIssueEvent(github: GitHub, issue: Issue): Json {
  const { repository, pull } = issue
  const url = issueUrl(github, issue)
  return {
    url,
    repository_url: repositoryUrl(github, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: issueHtml(github, issue),
    id: issue.id,
    node_id: pull === undefined ? nodeId('issue', issue.id) : nodeId('pull', pull.id),
    number: issue.number,
    title: issue.title,
    user: renderAccount(github, issue.user),
    labels: issue.labels.map((label) => renderLabel(github, repository, label)),
    state: issue.state,
    locked: issue.locked,
    assignee: issue.assignees[0] === undefined ? null : renderAccount(github, issue.assignees[0]),
    assignees: issue.assignees.map((account) => renderAccount(github, account)),
    milestone: null,
    comments: commentsOf(issue).length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt ?? null,
    author_association: authorAssociation(repository, issue.user),
    active_lock_reason: null,
    ...(pull === undefined ? {} : { draft: pull.draft, pull_request: pullLinks(github, issue) }),
    body: issue.body,
    reactions: renderReactionRollup(`${url}/reactions`, issue.reactions),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: issue.app === undefined ? null : renderApp(github, issue.app),
    state_reason: issue.stateReason,
  }
}

/** What tells a bot that an issue is a pull request. */
function pullLinks(github: GitHub, issue: Issue): Json {
  const html = issueHtml(github, issue)
  return {
    url: `${repositoryUrl(github, issue.repository)}/pulls/${issue.number}`,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    merged_at: issue.pull?.merged?.at ?? null,
  }
}

export function renderComment(github: GitHub, comment: IssueComment): Json {
  const { repository } = comment.issue
  const url = `${repositoryUrl(github, repository)}/issues/comments/${comment.id}`
  return {
    url,
    html_url: `${issueHtml(github, comment.issue)}#issuecomment-${comment.id}`,
    issue_url: issueUrl(github, comment.issue),
    id: comment.id,
    node_id: nodeId('comment', comment.id),
    user: renderAccount(github, comment.user),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: authorAssociation(repository, comment.user),
    body: comment.body,
    reactions: renderReactionRollup(`${url}/reactions`, comment.reactions),
    performed_via_github_app: comment.app === undefined ? null : renderApp(github, comment.app),
  }
}

export function renderLabel(github: GitHub, repository: Repository, label: Label): Json {
  return {
    id: label.id,
    node_id: nodeId('label', label.id),
    url: `${repositoryUrl(github, repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: label.default,
    description: label.description,
  }
}

export function renderReaction(github: GitHub, reaction: Reaction): Json {
  return {
    id: reaction.id,
    node_id: nodeId('reaction', reaction.id),
    user: renderAccount(github, reaction.user),
    content: reaction.content,
    created_at: reaction.createdAt,
  }
}

export function issueHtml({ urls }: GitHub, issue: Issue): string {
  const kind = issue.pull === undefined ? 'issues' : 'pull'
  return `${urls.web}/${fullName(issue.repository)}/${kind}/${issue.number}`
}

export function commentsOf(issue: Issue): readonly IssueComment[] {
  return [...issue.repository.comments.values()].filter((comment) => comment.issue === issue)
}

export function issueUrl(github: GitHub, issue: Issue): string {
  return `${repositoryUrl(github, issue.repository)}/issues/${issue.number}`
}

function renderReactionRollup(url: string, reactions: readonly Reaction[]): Json {
  const count = (content: Reaction['content']): number =>
    reactions.filter((reaction) => reaction.content === content).length
  return {
    url,
    total_count: reactions.length,
    '+1': count('+1'),
    '-1': count('-1'),
    laugh: count('laugh'),
    hooray: count('hooray'),
    confused: count('confused'),
    heart: count('heart'),
    rocket: count('rocket'),
    eyes: count('eyes'),
  }
}
