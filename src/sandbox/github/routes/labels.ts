import { ApiError, notFound } from '../api-error.ts'
import { type Actor } from '../caller.ts'
import { json, noContent, type Answer } from '../http/answer.ts'
import { objectFields } from '../http/fields.ts'
import { pageOf } from '../http/pages.ts'
import { type RepositoryRequest, type Route } from '../http/router.ts'
import { addLabels, removeLabel } from '../operations/issues.ts'
import { createLabel, deleteLabel, editLabel } from '../operations/labels.ts'
import { renderLabel } from '../render/issue.ts'
import { type Issue, type Label, type Repository } from '../state.ts'
import { actorFrom, issueFrom, onRepository } from './find.ts'

export const labelRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/labels', handle: onRepository(listAll) },
  { method: 'POST', path: '/repos/{owner}/{repo}/labels', handle: onRepository(create) },
  { method: 'GET', path: '/repos/{owner}/{repo}/labels/{name}', handle: onRepository(getLabel) },
  { method: 'PATCH', path: '/repos/{owner}/{repo}/labels/{name}', handle: onRepository(edit) },
  { method: 'DELETE', path: '/repos/{owner}/{repo}/labels/{name}', handle: onRepository(discard) },
  { method: 'GET', path: '/repos/{owner}/{repo}/issues/{issue_number}/labels', handle: onRepository(listOfIssue) },
  { method: 'POST', path: '/repos/{owner}/{repo}/issues/{issue_number}/labels', handle: onRepository(add) },
  { method: 'PUT', path: '/repos/{owner}/{repo}/issues/{issue_number}/labels', handle: onRepository(replace) },
  { method: 'DELETE', path: '/repos/{owner}/{repo}/issues/{issue_number}/labels', handle: onRepository(removeAll) },
  { method: 'DELETE', path: '/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}', handle: onRepository(remove) },
]

async function listAll(request: RepositoryRequest): Promise<Answer> {
  const { github, repository } = request
  const { items, headers } = pageOf(request, [...repository.labels.values()])
  return json(
    items.map((label) => renderLabel(github, repository, label)),
    200,
    headers,
  )
}

async function create(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, fields } = request
  const label = await createLabel(github, by(request), {
    name: fields.text('name'),
    color: fields.optionalText('color'),
    description: fields.nullableText('description') ?? null,
  })
  return json(renderLabel(github, repository, label), 201)
}

async function getLabel(request: RepositoryRequest): Promise<Answer> {
  return json(renderLabel(request.github, request.repository, labelFrom(request)))
}

async function edit(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, fields } = request
  const label = labelFrom(request)
  const name = fields.optionalText('new_name')
  const color = fields.optionalText('color')
  const description = fields.optionalText('description')
  await editLabel(github, by(request), label, {
    ...(name === undefined ? {} : { name }),
    ...(color === undefined ? {} : { color }),
    ...(description === undefined ? {} : { description }),
  })
  return json(renderLabel(github, repository, label))
}

async function discard(request: RepositoryRequest): Promise<Answer> {
  await deleteLabel(request.github, by(request), labelFrom(request))
  return noContent
}

function by(request: RepositoryRequest): { readonly repository: Repository; readonly actor: Actor } {
  return { repository: request.repository, actor: actorFrom(request) }
}

function labelFrom({ repository, params }: RepositoryRequest): Label {
  const label = repository.labels.get((params['name'] ?? '').toLowerCase())
  if (label === undefined) throw notFound()
  return label
}

async function listOfIssue(request: RepositoryRequest): Promise<Answer> {
  return answerLabels(request, issueFrom(request))
}

async function add(request: RepositoryRequest): Promise<Answer> {
  const issue = issueFrom(request)
  await addLabels(request.github, issue, { names: labelNames(request), actor: actorFrom(request) })
  return answerLabels(request, issue)
}

async function replace(request: RepositoryRequest): Promise<Answer> {
  const issue = issueFrom(request)
  const actor = actorFrom(request)
  const names = labelNames(request)
  const wanted = new Set(names.map((name) => name.toLowerCase()))
  for (const label of issue.labels.filter(({ name }) => !wanted.has(name.toLowerCase()))) {
    await removeLabel(request.github, issue, { label, actor })
  }
  await addLabels(request.github, issue, { names, actor })
  return answerLabels(request, issue)
}

async function removeAll(request: RepositoryRequest): Promise<Answer> {
  const issue = issueFrom(request)
  for (const label of issue.labels) await removeLabel(request.github, issue, { label, actor: actorFrom(request) })
  return noContent
}

async function remove(request: RepositoryRequest): Promise<Answer> {
  const issue = issueFrom(request)
  const wanted = (request.params['name'] ?? '').toLowerCase()
  const label = issue.labels.find(({ name }) => name.toLowerCase() === wanted)
  if (label === undefined) throw new ApiError(404, 'Label does not exist')
  await removeLabel(request.github, issue, { label, actor: actorFrom(request) })
  return answerLabels(request, issue)
}

function answerLabels(request: RepositoryRequest, issue: Issue): Answer {
  const { items, headers } = pageOf(request, issue.labels)
  return json(
    items.map((label) => renderLabel(request.github, request.repository, label)),
    200,
    headers,
  )
}

/** Names, or objects with a name: GitHub takes both. */
export function labelNames({ fields }: RepositoryRequest): readonly string[] {
  return fields
    .list('labels')
    .map((label) => (typeof label === 'string' ? label : objectFields(label, 'labels').text('name')))
}
