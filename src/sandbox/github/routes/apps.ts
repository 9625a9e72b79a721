import { ApiError, notFound } from '../api-error.ts'
import { canSee } from '../caller.ts'
import { findAccount } from '../lookup.ts'
import { json, type Answer } from '../http/answer.ts'
import { pageOf, positive } from '../http/pages.ts'
import { type ApiRequest, type Route } from '../http/router.ts'
import { installed, mintToken, parsePermissions, type MintedToken } from '../operations/installations.ts'
import { renderProfile } from '../render/account.ts'
import { renderDelivery, renderDeliveryItem, renderInstallation, renderOwnApp } from '../render/app.ts'
import { renderRepository, renderRolePermissions } from '../render/repository.ts'
import { findRepository } from '../lookup.ts'
import { covers } from '../caller.ts'
import { type App, type Delivery, type Installation, type Repository } from '../state.ts'
import { numberParam } from './find.ts'

export const appRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/app',
    handle: { by: 'app', run: async (request) => json(renderOwnApp(request.github, appFrom(request))) },
  },
  { method: 'GET', path: '/app/installations', handle: { by: 'app', run: listInstallations } },
  {
    method: 'GET',
    path: '/app/installations/{installation_id}',
    handle: { by: 'app', run: async (request) => json(renderInstallation(request.github, installationFrom(request))) },
  },
  {
    method: 'POST',
    path: '/app/installations/{installation_id}/access_tokens',
    handle: { by: 'app', run: createToken },
  },
  { method: 'GET', path: '/app/hook/deliveries', handle: { by: 'app', run: listDeliveries } },
  {
    method: 'GET',
    path: '/app/hook/deliveries/{delivery_id}',
    handle: { by: 'app', run: async (request) => json(renderDelivery(deliveryFrom(request))) },
  },
  { method: 'POST', path: '/app/hook/deliveries/{delivery_id}/attempts', handle: { by: 'app', run: redeliver } },
  { method: 'GET', path: '/repos/{owner}/{repo}/installation', handle: { by: 'app', run: repositoryInstallation } },
  { method: 'GET', path: '/installation/repositories', handle: { by: 'anyone', run: listRepositories } },
  { method: 'DELETE', path: '/installation/token', handle: { by: 'anyone', run: revokeToken } },
  { method: 'GET', path: '/users/{username}', handle: { by: 'anyone', run: getUser } },
]

function appFrom({ caller }: ApiRequest): App {
  if (caller.kind !== 'app') throw new ApiError(401, 'A JSON web token could not be decoded')
  return caller.app
}

function installationsOf({ state }: ApiRequest['github'], app: App): readonly Installation[] {
  return [...state.installations.values()].filter((installation) => installation.app === app)
}

async function listInstallations(request: ApiRequest): Promise<Answer> {
  const { items, headers } = pageOf(request, installationsOf(request.github, appFrom(request)))
  return json(
    items.map((installation) => renderInstallation(request.github, installation)),
    200,
    headers,
  )
}

function installationFrom(request: ApiRequest): Installation {
  const installation = request.github.state.installations.get(numberParam(request, 'installation_id'))
  if (installation === undefined || installation.app !== appFrom(request)) throw notFound()
  return installation
}

async function createToken(request: ApiRequest): Promise<Answer> {
  const { fields } = request
  const installation = installationFrom(request)
  const repositoryIds = fields.optionalList('repository_ids')?.filter((id) => typeof id === 'number')
  const repositories = fields.optionalList('repositories')?.filter((name) => typeof name === 'string')
  const token = mintToken(request.github, installation, {
    ...(repositoryIds === undefined ? {} : { repositoryIds }),
    ...(repositories === undefined ? {} : { repositories }),
    ...(fields.has('permissions') ? { permissions: parsePermissions(fields.all['permissions']) } : {}),
  })
  return json(renderToken(request, token), 201)
}

function renderToken({ github }: ApiRequest, token: MintedToken): unknown {
  const { repositories } = token
  return {
    token: token.token,
    expires_at: token.expiresAt,
    permissions: token.permissions,
    repository_selection: repositories === undefined ? token.installation.selection : 'selected',
    ...(repositories === undefined
      ? {}
      : {
          repositories: installed(github, token.installation)
            .filter(({ id }) => repositories.has(id))
            .map((repository) => renderRepository(github, repository)),
        }),
  }
}

/** Newest first, by a cursor that is the id of the last one seen. */
async function listDeliveries(request: ApiRequest): Promise<Answer> {
  const { query, url, github } = request
  const app = appFrom(request)
  const perPage = Math.min(100, positive(query.get('per_page'), 30))
  const cursor = query.get('cursor')
  const status = query.get('status')
  const older = github.state.deliveries
    .filter((delivery) => delivery.app === app && (cursor === null || delivery.id < Number(cursor)))
    .filter(({ statusCode }) => status === null || outcomeOf(statusCode) === status)
    .toReversed()
  const items = older.slice(0, perPage)
  const last = items.at(-1)
  const next = new URL(url)
  next.searchParams.set('cursor', String(last?.id ?? 0))
  const headers: Record<string, string> = older.length > perPage ? { Link: `<${next.href}>; rel="next"` } : {}
  return json(items.map(renderDeliveryItem), 200, headers)
}

/** One that is under way has none yet. */
function outcomeOf(statusCode: number): 'success' | 'failure' | undefined {
  if (statusCode >= 200 && statusCode <= 399) return 'success'
  return statusCode >= 400 && statusCode <= 599 ? 'failure' : undefined
}

function deliveryFrom(request: ApiRequest): Delivery {
  const id = numberParam(request, 'delivery_id')
  const delivery = request.github.state.deliveries.find((candidate) => candidate.id === id)
  if (delivery === undefined || delivery.app !== appFrom(request)) throw notFound()
  return delivery
}

async function redeliver(request: ApiRequest): Promise<Answer> {
  request.github.outbox.redeliver(deliveryFrom(request))
  return json({}, 202)
}

async function repositoryInstallation(request: ApiRequest): Promise<Answer> {
  const { github, params } = request
  const repository = findRepository(github.state, params['owner'] ?? '', params['repo'] ?? '')
  const installation = installationsOf(github, appFrom(request)).find(
    (candidate) => repository !== undefined && covers(candidate, repository),
  )
  if (installation === undefined) throw notFound()
  return json(renderInstallation(github, installation))
}

async function listRepositories(request: ApiRequest): Promise<Answer> {
  const { github, caller } = request
  if (caller.kind !== 'installation') {
    throw new ApiError(
      403,
      'You must authenticate with an installation access token in order to list repositories for an installation.',
    )
  }
  const seen = installed(github, caller.installation).filter((repository) => canSee(caller, repository))
  const { items, total, headers } = pageOf<Repository>(request, seen)
  const body = {
    total_count: total,
    repository_selection: caller.repositories === undefined ? caller.installation.selection : 'selected',
    repositories: items.map((repository) => ({
      ...renderRepository(github, repository),
      permissions: renderRolePermissions(caller.permissions['contents'] === 'write' ? 'write' : 'read'),
    })),
  }
  return json(body, 200, headers)
}

async function revokeToken({ github, headers }: ApiRequest): Promise<Answer> {
  github.state.tokens.delete((headers['authorization'] ?? '').replace(/^\S+\s+/, ''))
  return { status: 204 }
}

async function getUser({ github, params }: ApiRequest): Promise<Answer> {
  const account = findAccount(github.state, params['username'] ?? '')
  if (account === undefined) throw notFound()
  return json(renderProfile(github, account))
}
