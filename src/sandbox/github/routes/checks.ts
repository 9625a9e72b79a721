import { ApiError, notFound, unprocessable } from '../api-error.ts'
import { readCommit } from '../git/commit.ts'
import { json, type Answer } from '../http/answer.ts'
import { objectFields, type Fields } from '../http/fields.ts'
import { pageOf } from '../http/pages.ts'
import { type RepositoryRequest, type Route } from '../http/router.ts'
import { allRuns, latestOfSuites } from '../operations/check-state.ts'
import { createCheckRun, createStatus, updateCheckRun, type CheckChange } from '../operations/checks.ts'
import {
  renderAnnotation,
  renderCheckRun,
  renderCheckSuite,
  renderCombinedStatus,
  renderStatus,
} from '../render/check.ts'
import { type Annotation, type App, type CheckRun, type CheckSuite } from '../state.ts'
import { actorFrom, commitFrom, numberParam, onRepository } from './find.ts'

export const checkRoutes: readonly Route[] = [
  { method: 'POST', path: '/repos/{owner}/{repo}/check-runs', handle: onRepository(create) },
  { method: 'GET', path: '/repos/{owner}/{repo}/check-runs/{check_run_id}', handle: onRepository(getRun) },
  { method: 'PATCH', path: '/repos/{owner}/{repo}/check-runs/{check_run_id}', handle: onRepository(update) },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations',
    handle: onRepository(listAnnotations),
  },
  { method: 'GET', path: '/repos/{owner}/{repo}/commits/{ref}/check-runs', handle: onRepository(listOfCommit) },
  { method: 'GET', path: '/repos/{owner}/{repo}/commits/{ref}/check-suites', handle: onRepository(listSuites) },
  { method: 'GET', path: '/repos/{owner}/{repo}/check-suites/{check_suite_id}', handle: onRepository(getSuite) },
  {
    method: 'GET',
    path: '/repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs',
    handle: onRepository(listOfSuite),
  },
  { method: 'POST', path: '/repos/{owner}/{repo}/statuses/{sha}', handle: onRepository(setStatus) },
  { method: 'GET', path: '/repos/{owner}/{repo}/commits/{ref}/status', handle: onRepository(combinedStatus) },
  { method: 'GET', path: '/repos/{owner}/{repo}/commits/{ref}/statuses', handle: onRepository(listStatuses) },
]

function appFrom({ caller }: RepositoryRequest): App {
  if (caller.kind === 'installation') return caller.installation.app
  throw new ApiError(403, 'You must authenticate via a GitHub App.')
}

async function create(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, fields } = request
  const check = { ...readCheck(fields), name: fields.text('name'), headSha: fields.text('head_sha') }
  const run = await createCheckRun(github, { repository, app: appFrom(request) }, check)
  return json(renderCheckRun(github, run), 201)
}

async function update(request: RepositoryRequest): Promise<Answer> {
  const run = runFrom(request)
  if (run.suite.app !== appFrom(request)) {
    throw new ApiError(403, 'Invalid app_id - check run can only be modified by the GitHub App that created it.')
  }
  await updateCheckRun(request.github, run, readCheck(request.fields))
  return json(renderCheckRun(request.github, run))
}

const statuses = ['queued', 'in_progress', 'completed', 'waiting', 'requested', 'pending'] as const
const conclusions = ['success', 'failure', 'neutral', 'cancelled', 'skipped', 'timed_out', 'action_required'] as const

function readCheck(fields: Fields): CheckChange {
  const output = fields.optionalObject('output')
  const given = {
    name: fields.optionalText('name'),
    detailsUrl: fields.optionalText('details_url'),
    externalId: fields.optionalText('external_id'),
    status: fields.oneOf('status', statuses),
    conclusion: fields.oneOf('conclusion', conclusions),
    startedAt: fields.optionalText('started_at'),
    completedAt: fields.optionalText('completed_at'),
    output: output === undefined ? undefined : readOutput(output),
    actions: fields.optionalList('actions')?.map(readAction),
  }
  return defined(given)
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Leaves out what was not said: an absent field keeps what is there. */
function defined<T extends object>(given: T): Defined<T> {
  const kept: Defined<T> = {}
  for (const [name, value] of Object.entries(given)) if (value !== undefined) Object.assign(kept, { [name]: value })
  return kept
}

function readOutput(output: Fields): NonNullable<CheckChange['output']> {
  const text = output.optionalText('text')
  const annotations = output.optionalList('annotations')?.map(readAnnotation)
  return {
    title: output.text('title'),
    summary: output.text('summary'),
    ...(text === undefined ? {} : { text }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

function readAnnotation(value: unknown): Annotation {
  const given = objectFields(value, 'annotations')
  const level = given.oneOf('annotation_level', ['notice', 'warning', 'failure'])
  const start = given.optionalNumber('start_line')
  const end = given.optionalNumber('end_line')
  if (level === undefined || start === undefined || end === undefined) {
    throw unprocessable('Invalid request.\n\n"annotation_level", "start_line", "end_line" weren\'t supplied.')
  }
  const optional = defined({
    start_column: given.optionalNumber('start_column'),
    end_column: given.optionalNumber('end_column'),
    title: given.optionalText('title'),
    raw_details: given.optionalText('raw_details'),
  })
  const lines = { start_line: start, end_line: end, annotation_level: level }
  return { path: given.text('path'), message: given.text('message'), ...lines, ...optional }
}

function readAction(value: unknown): CheckRun['actions'][number] {
  const given = objectFields(value, 'actions')
  const action = {
    label: given.text('label'),
    description: given.text('description'),
    identifier: given.text('identifier'),
  }
  const tooLong = action.label.length > 20 || action.description.length > 40 || action.identifier.length > 20
  if (tooLong) throw unprocessable('Invalid request.\n\nlabel: at most 20 characters, description 40, identifier 20.')
  return action
}

function runFrom(request: RepositoryRequest): CheckRun {
  const run = request.repository.checkRuns.get(numberParam(request, 'check_run_id'))
  if (run === undefined) throw notFound()
  return run
}

async function getRun(request: RepositoryRequest): Promise<Answer> {
  return json(renderCheckRun(request.github, runFrom(request)))
}

async function listAnnotations(request: RepositoryRequest): Promise<Answer> {
  const run = runFrom(request)
  const { items, headers } = pageOf(request, run.output.annotations)
  return json(
    items.map((annotation) => renderAnnotation(request.github, run, annotation)),
    200,
    headers,
  )
}

async function listOfCommit(request: RepositoryRequest): Promise<Answer> {
  const { repository, query } = request
  const commit = await commitFrom(request)
  const appId = query.get('app_id')
  const runs =
    query.get('filter') === 'all'
      ? allRuns(repository, commit.sha).toReversed()
      : latestOfSuites(repository, commit.sha)
  return answerRuns(
    request,
    runs.filter(({ suite }) => appId === null || suite.app.id === Number(appId)),
  )
}

async function listOfSuite(request: RepositoryRequest): Promise<Answer> {
  const suite = suiteFrom(request)
  return answerRuns(
    request,
    latestOfSuites(request.repository, suite.headSha).filter((run) => run.suite === suite),
  )
}

function answerRuns(request: RepositoryRequest, runs: readonly CheckRun[]): Answer {
  const { query } = request
  const name = query.get('check_name')
  const status = query.get('status')
  const chosen = runs.filter(
    (run) => (name === null || run.name === name) && (status === null || run.status === status),
  )
  const { items, total, headers } = pageOf(request, chosen)
  const rendered = items.map((run) => renderCheckRun(request.github, run))
  return json({ total_count: total, check_runs: rendered }, 200, headers)
}

function suiteFrom(request: RepositoryRequest): CheckSuite {
  const suite = request.repository.checkSuites.get(numberParam(request, 'check_suite_id'))
  if (suite === undefined) throw notFound()
  return suite
}

async function getSuite(request: RepositoryRequest): Promise<Answer> {
  return json(await renderSuite(request, suiteFrom(request)))
}

async function listSuites(request: RepositoryRequest): Promise<Answer> {
  const { repository, query } = request
  const commit = await commitFrom(request)
  const appId = query.get('app_id')
  const suites = [...repository.checkSuites.values()].filter(
    ({ headSha, app }) => headSha === commit.sha && (appId === null || app.id === Number(appId)),
  )
  const { items, total, headers } = pageOf(request, suites)
  const rendered = await Promise.all(items.map((suite) => renderSuite(request, suite)))
  return json({ total_count: total, check_suites: rendered }, 200, headers)
}

async function renderSuite({ github, repository }: RepositoryRequest, suite: CheckSuite): Promise<unknown> {
  const commit = await readCommit(repository.git.objects, suite.headSha)
  if (commit === undefined) throw notFound()
  return renderCheckSuite(github, suite, commit)
}

async function setStatus(request: RepositoryRequest): Promise<Answer> {
  const { github, repository, fields, params } = request
  const state = fields.oneOf('state', ['error', 'failure', 'pending', 'success'])
  if (state === undefined) throw unprocessable(`Invalid request.\n\n"state" wasn't supplied.`)
  const status = await createStatus(
    github,
    { repository, actor: actorFrom(request) },
    {
      sha: params['sha'] ?? '',
      state,
      context: fields.optionalText('context') ?? 'default',
      description: fields.optionalText('description') ?? null,
      targetUrl: fields.optionalText('target_url') ?? null,
    },
  )
  return json(renderStatus(github, repository, status), 201)
}

async function combinedStatus(request: RepositoryRequest): Promise<Answer> {
  const commit = await commitFrom(request)
  return json(renderCombinedStatus(request.github, request.repository, commit.sha))
}

async function listStatuses(request: RepositoryRequest): Promise<Answer> {
  const { github, repository } = request
  const commit = await commitFrom(request)
  const newestFirst = repository.statuses.filter(({ sha }) => sha === commit.sha).toReversed()
  const { items, headers } = pageOf(request, newestFirst)
  return json(
    items.map((status) => renderStatus(github, repository, status)),
    200,
    headers,
  )
}
