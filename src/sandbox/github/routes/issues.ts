import { unprocessable, validationFailed } from '../api-error.ts'
import { json, noContent, type Answer } from '../http/answer.ts'
import { pageOf } from '../http/pages.ts'
import { type RepositoryRequest, type Route } from '../http/router.ts'
import { closeIssue, emitIssueEvent, reopenIssue } from '../operations/issue-state.ts'
import {
  addLabels,
  createComment,
  createIssue,
  deleteComment,
  editComment,
  refuseLongBody,
} from '../operations/issues.ts'
import { updatePull } from '../operations/pulls.ts'
import { issueUrl, renderComment, renderIssue } from '../render/issue.ts'
import { type Issue, type IssueComment } from '../state.ts'
import { actorFrom, commentFrom, issueFrom, onRepository } from './find.ts'
import { labelNames } from './labels.ts'

export const issueRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/issues', handle: onRepository(listIssues) },
  { method: 'POST', path: '/repos/{owner}/{repo}/issues', handle: onRepository(create) },
  { method: 'GET', path: '/repos/{owner}/{repo}/issues/{issue_number}', handle: onRepository(getIssue) },
  { method: 'PATCH', path: '/repos/{owner}/{repo}/issues/{issue_number}', handle: onRepository(update) },
  { method: 'GET', path: '/repos/{owner}/{repo}/issues/{issue_number}/comments', handle: onRepository(listOfIssue) },
  { method: 'POST', path: '/repos/{owner}/{repo}/issues/{issue_number}/comments', handle: onRepository(comment) },
  { method: 'GET', path: '/repos/{owner}/{repo}/issues/comments', handle: onRepository(listOfRepository) },
  { method: 'GET', path: '/repos/{owner}/{repo}/issues/comments/{comment_id}', handle: onRepository(getComment) },
  { method: 'PATCH', path: '/repos/{owner}/{repo}/issues/comments/{comment_id}', handle: onRepository(editOne) },
  { method: 'DELETE', path: '/repos/{owner}/{repo}/issues/comments/{comment_id}', handle: onRepository(deleteOne) },
]

async function listIssues(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, query } = request
  const state = query.get('state') ?? 'open'
  const since = query.get('since') ?? ''
  const labels = (query.get('labels') ?? '').split(',').filter((name) => name !== '')
  const creator = query.get('creator')
  const chosen = [...repository.issues.values()].filter(
    (issue) =>
      (state === 'all' || issue.state === state) &&
      issue.updatedAt >= since &&
      (creator === null || issue.user.login === creator) &&
      labels.every((name) => issue.labels.some((label) => label.name.toLowerCase() === name.toLowerCase())),
  )
  const { items, headers } = pageOf(request, ordered(chosen, query, 'desc'))
  return json(
    items.map((issue) => renderIssue(github, issue)),
    200,
    headers,
  )
}

async function create(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, fields } = request
  const body = fields.nullableText('body') ?? null
  refuseLongBody('Issue', body)
  const title = fields.text('title')
  if (title.trim() === '') throw validationFailed({ resource: 'Issue', field: 'title', code: 'missing_field' })
  const actor = actorFrom(request)
  const issue = createIssue(github, { repository, actor }, { title, body })
  await emitIssueEvent(github, issue, { action: 'opened', actor })
  if (fields.has('labels')) await addLabels(github, issue, { names: labelNames(request), actor })
  return json(renderIssue(github, issue), 201, { Location: issueUrl(github, issue) })
}

async function getIssue(request: RepositoryRequest): Promise<Answer> {
  return json(renderIssue(request.github, issueFrom(request)))
}

async function update(request: RepositoryRequest): Promise<Answer> {
  const { github, fields } = request
  const issue = issueFrom(request)
  const actor = actorFrom(request)
  if (fields.has('assignees') || fields.has('milestone'))
    throw unprocessable('sandbox keeps no assignees and milestones')
  const title = fields.optionalText('title')
  const body = fields.nullableText('body')
  const state = fields.oneOf('state', ['open', 'closed'])
  refuseLongBody('Issue', body)
  const change = {
    actor,
    ...(title === undefined ? {} : { title }),
    ...(body === undefined ? {} : { body }),
    ...(state === undefined ? {} : { state }),
  }
  if (issue.pull === undefined) await updateIssue(request, issue, change)
  else await updatePull(github, issue.pull, change)
  if (fields.has('labels')) {
    issue.labels = []
    await addLabels(github, issue, { names: labelNames(request), actor })
  }
  return json(renderIssue(github, issue))
}

type IssueChange = {
  readonly actor: Parameters<typeof closeIssue>[2]
  readonly title?: string
  readonly body?: string | null
  readonly state?: 'open' | 'closed'
}

async function updateIssue({ github, fields }: RepositoryRequest, issue: Issue, change: IssueChange): Promise<void> {
  const { actor, title = issue.title, body = issue.body, state } = change
  const changes = {
    ...(title === issue.title ? {} : { title: { from: issue.title } }),
    ...(body === issue.body ? {} : { body: { from: issue.body ?? '' } }),
  }
  issue.title = title
  issue.body = body
  if (Object.keys(changes).length > 0)
    await emitIssueEvent(github, issue, { action: 'edited', actor, more: { changes } })
  const reason = fields.oneOf('state_reason', ['completed', 'not_planned', 'reopened'])
  if (state === 'closed') await closeIssue(github, issue, actor, reason === 'not_planned' ? 'not_planned' : 'completed')
  if (state === 'open') await reopenIssue(github, issue, actor)
}

async function listOfIssue(request: RepositoryRequest): Promise<Answer> {
  const issue = issueFrom(request)
  const comments = [...request.repository.comments.values()].filter((candidate) => candidate.issue === issue)
  return listComments(request, comments)
}

async function listOfRepository(request: RepositoryRequest): Promise<Answer> {
  return listComments(request, ordered([...request.repository.comments.values()], request.query, 'asc'))
}

function listComments(request: RepositoryRequest, all: readonly IssueComment[]): Answer {
  const since = request.query.get('since') ?? ''
  const { items, headers } = pageOf(
    request,
    all.filter(({ updatedAt }) => updatedAt >= since),
  )
  return json(
    items.map((found) => renderComment(request.github, found)),
    200,
    headers,
  )
}

/** Only with `sort` does GitHub read `direction` for comments; ties keep their order. */
function ordered<T extends { readonly id: number; readonly createdAt: string; readonly updatedAt: string }>(
  all: readonly T[],
  query: URLSearchParams,
  otherwise: 'asc' | 'desc',
): readonly T[] {
  const key = (one: T): string => (query.get('sort') === 'updated' ? one.updatedAt : one.createdAt)
  const ascending = all.toSorted((one, other) => key(one).localeCompare(key(other)) || one.id - other.id)
  return (query.get('direction') ?? otherwise) === 'desc' ? ascending.toReversed() : ascending
}

async function comment(request: RepositoryRequest): Promise<Answer> {
  const { github, fields } = request
  const body = fields.text('body')
  const made = await createComment(github, issueFrom(request), { body, actor: actorFrom(request) })
  const rendered = renderComment(github, made)
  return json(rendered, 201, { Location: String(rendered['url']) })
}

async function getComment(request: RepositoryRequest): Promise<Answer> {
  return json(renderComment(request.github, commentFrom(request)))
}

async function editOne(request: RepositoryRequest): Promise<Answer> {
  const found = commentFrom(request)
  await editComment(request.github, found, { body: request.fields.text('body'), actor: actorFrom(request) })
  return json(renderComment(request.github, found))
}

async function deleteOne(request: RepositoryRequest): Promise<Answer> {
  await deleteComment(request.github, commentFrom(request), actorFrom(request))
  return noContent
}
