import { notFound, unprocessable } from '../api-error.ts'
import { deploymentStates, type Deployment } from '../deployment.ts'
import { json, type Answer } from '../http/answer.ts'
import { type Fields } from '../http/fields.ts'
import { pageOf } from '../http/pages.ts'
import { type RepositoryRequest, type Route } from '../http/router.ts'
import { addDeploymentStatus, createDeployment, noRef } from '../operations/deployments.ts'
import { renderDeployment, renderDeploymentStatus } from '../render/deployment.ts'
import { actorFrom, findCommit, numberParam, onRepository } from './find.ts'

const one = '/repos/{owner}/{repo}/deployments/{deployment_id}'

export const deploymentRoutes: readonly Route[] = [
  { method: 'GET', path: '/repos/{owner}/{repo}/deployments', handle: onRepository(list) },
  { method: 'POST', path: '/repos/{owner}/{repo}/deployments', handle: onRepository(create) },
  { method: 'GET', path: one, handle: onRepository(get) },
  { method: 'GET', path: `${one}/statuses`, handle: onRepository(listStatuses) },
  { method: 'POST', path: `${one}/statuses`, handle: onRepository(addStatus) },
]

/** Newest first. */
async function list(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, query } = request
  const filters = ['sha', 'ref', 'task', 'environment'] as const
  const chosen = [...repository.deployments.values()]
    .filter((deployment) => filters.every((name) => [null, '', deployment[name]].includes(query.get(name))))
    .toReversed()
  const { items, headers } = pageOf(request, chosen)
  return json(
    items.map((deployment) => renderDeployment(github, deployment)),
    200,
    headers,
  )
}

async function create(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, fields } = request
  const ref = fields.text('ref')
  const commit = await findCommit(repository, ref)
  if (commit === undefined) throw noRef(ref)
  const deployment = await createDeployment(
    github,
    { repository, actor: actorFrom(request) },
    {
      sha: commit.sha,
      ref,
      task: fields.optionalText('task') ?? 'deploy',
      payload: readPayload(fields),
      environment: fields.optionalText('environment') ?? 'production',
      description: fields.nullableText('description') ?? null,
      transient: fields.optionalFlag('transient_environment') ?? false,
      production: fields.optionalFlag('production_environment'),
      autoMerge: fields.optionalFlag('auto_merge') ?? true,
      requiredContexts: fields.optionalList('required_contexts')?.map(String),
    },
  )
  return json(renderDeployment(github, deployment), 201)
}

function readPayload(fields: Fields): Deployment['payload'] {
  if (typeof fields.all['payload'] === 'string') return fields.text('payload')
  return fields.optionalObject('payload')?.all ?? {}
}

async function get(request: RepositoryRequest): Promise<Answer> {
  return json(renderDeployment(request.github, deploymentFrom(request)))
}

async function listStatuses(request: RepositoryRequest): Promise<Answer> {
  const { github } = request
  const deployment = deploymentFrom(request)
  const { items, headers } = pageOf(request, deployment.statuses.toReversed())
  return json(
    items.map((status) => renderDeploymentStatus(github, deployment, status)),
    200,
    headers,
  )
}

async function addStatus(request: RepositoryRequest): Promise<Answer> {
  const { github, fields } = request
  const deployment = deploymentFrom(request)
  const state = fields.oneOf('state', deploymentStates)
  if (state === undefined) throw unprocessable('Invalid request.\n\n"state" wasn\'t supplied.')
  const status = addDeploymentStatus(
    github,
    { deployment, actor: actorFrom(request) },
    {
      state,
      description: fields.optionalText('description') ?? '',
      environment: fields.optionalText('environment'),
      environmentUrl: fields.optionalText('environment_url') ?? '',
      // `target_url` is its old name.
      logUrl: fields.optionalText('log_url') ?? fields.optionalText('target_url') ?? '',
      autoInactive: fields.optionalFlag('auto_inactive') ?? true,
    },
  )
  return json(renderDeploymentStatus(github, deployment, status), 201)
}

function deploymentFrom(request: RepositoryRequest): Deployment {
  const deployment = request.repository.deployments.get(numberParam(request, 'deployment_id'))
  if (deployment === undefined) throw notFound()
  return deployment
}
