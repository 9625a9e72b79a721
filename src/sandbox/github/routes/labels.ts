import { ApiError, notFound, validationFailed } from '../api-error.ts'
import { json, noContent, type Answer } from '../http/answer.ts'
import { objectFields } from '../http/fields.ts'
import { pageOf } from '../http/pages.ts'
import { type RepositoryRequest, type Route } from '../http/router.ts'
import { nextId } from '../lookup.ts'
import { addLabels, removeLabel } from '../operations/issues.ts'
import { renderLabel } from '../render/issue.ts'
import { type Issue } from '../state.ts'
import { actorFrom, issueFrom, onRepository } from './find.ts'

export const labelRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/labels', handle: onRepository(listAll) },
  { method: 'POST', path: '/repos/{owner}/{repo}/labels', handle: onRepository(create) },
  { method: 'GET', path: '/repos/{owner}/{repo}/labels/{name}', handle: onRepository(getLabel) },
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

async function create({ github, repository, fields }: RepositoryRequest): Promise<Answer> {
  const name = fields.text('name')
  if (repository.labels.has(name.toLowerCase())) {
    throw validationFailed({ resource: 'Label', field: 'name', code: 'already_exists' })
  }
  const color = fields.optionalText('color') ?? 'ededed'
  if (!/^[0-9a-f]{6}$/i.test(color)) throw validationFailed({ resource: 'Label', field: 'color', code: 'invalid' })
  const description = fields.nullableText('description') ?? null
  const label = { id: nextId(github.state), name, color, description, default: false }
  repository.labels.set(name.toLowerCase(), label)
  return json(renderLabel(github, repository, label), 201)
}

async function getLabel({ github, repository, params }: RepositoryRequest): Promise<Answer> {
  const label = repository.labels.get((params['name'] ?? '').toLowerCase())
  if (label === undefined) throw notFound()
  return json(renderLabel(github, repository, label))
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
