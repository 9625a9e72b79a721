import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ApiError, notFound } from '../api-error.ts'
import { canSee, describeCaller, type Caller } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { type FaultState } from '../faults.ts'
import { findRepository } from '../lookup.ts'
import { type FillingRequestLog } from '../request-log.ts'
import { type Repository } from '../state.ts'
import { json, type Answer } from './answer.ts'
import { authenticate } from './authenticate.ts'
import { parseBody } from './fields.ts'
import { askedOf, refuseCaller } from './permissions.ts'
import { budgetHeaders, renderBudgets, type RateLimiter } from './rate-limit.ts'
import { type HttpRequest } from './request.ts'
import { type ApiRequest, type Matched, type Router } from './router.ts'

export type ApiDeps = {
  readonly github: GitHub
  readonly router: Router
  readonly limiter: RateLimiter
  readonly faults: FaultState
  readonly requests: FillingRequestLog
}

/** Answers one REST request, refusals included, and notes it down. */
export async function answerApi(deps: ApiDeps, request: HttpRequest, path: string): Promise<Answer> {
  const matched = deps.router.match(request.method, path)
  const noted: Noted = { caller: { kind: 'anonymous' }, write: undefined }
  const answer = await handle(deps, { request, path, matched, noted }).catch((error: unknown) => renderError(error))
  const route = matched?.route.path ?? path
  const conditional = conditionally(request, answer)
  if (conditional.status === 304) deps.limiter.giveBack(noted.caller)
  deps.requests.add({
    method: request.method,
    route,
    path: `${path}${request.url.search}`,
    status: conditional.status,
    caller: describeCaller(noted.caller),
    write: noted.write,
  })
  const budget = budgetHeaders(deps.limiter.look(noted.caller))
  return { ...conditional, headers: { ...apiHeaders, ...budget, ...conditional.headers } }
}

/** What is learned on the way, for the log. */
type Noted = { caller: Caller; write: number | undefined }

type Handling = {
  readonly request: HttpRequest
  readonly path: string
  readonly matched: Matched | undefined
  readonly noted: Noted
}

async function handle(deps: ApiDeps, { request, path, matched, noted }: Handling): Promise<Answer> {
  const caller = authenticate(deps.github, request.headers['authorization'])
  noted.caller = caller
  if (path === '/rate_limit') return json(renderBudgets(deps.limiter.look(caller)))
  const limited = deps.faults.takeRateLimit()
  if (limited !== undefined)
    throw deps.limiter.refusal(limited, caller, matched === undefined ? undefined : askedOf(matched.route))
  deps.limiter.spend(caller)
  if (matched === undefined) throw new ApiError(501, `sandbox does not implement ${request.method} ${path}`)
  const run = prepare(deps, { caller, matched }, apiRequest(deps, request, { caller, matched }))
  const { route } = matched
  const name = `${route.method} ${route.path}`
  const refusal = deps.faults.takeRefusal(name)
  if (refusal !== undefined) throw new ApiError(refusal, 'Server Error')
  if (!isWrite(matched)) return run()
  return carryOut(
    deps,
    { method: route.method, route: route.path, noted, faultName: name, isAbandoned: request.isAbandoned },
    run,
  )
}

function apiRequest(
  { github }: ApiDeps,
  request: HttpRequest,
  { caller, matched }: { readonly caller: Caller; readonly matched: Matched },
): ApiRequest {
  const url = new URL(`${github.urls.web}${request.url.pathname}${request.url.search}`)
  return {
    github,
    caller,
    params: matched.params,
    query: request.url.searchParams,
    headers: request.headers,
    fields: parseBody(request.body),
    url,
  }
}

/** Everything that can refuse before there is an effect: who, where, with which permission. */
function prepare(
  { github }: ApiDeps,
  { caller, matched }: { readonly caller: Caller; readonly matched: Matched },
  request: ApiRequest,
): () => Promise<Answer> {
  const { route, params } = matched
  const { handle: handler } = route
  switch (handler.by) {
    case 'app':
      if (caller.kind !== 'app') throw new ApiError(401, 'A JSON web token could not be decoded')
      return () => handler.run(request)
    case 'anyone':
      return () => handler.run(request)
    case 'permission': {
      const repository = visibleRepository(github, caller, params)
      refuseCaller(caller, route, repository)
      return () => handler.run({ ...request, repository })
    }
  }
}

export function visibleRepository(
  { state }: GitHub,
  caller: Caller,
  { owner = '', repo = '' }: Readonly<Record<string, string>>,
): Repository {
  const repository = findRepository(state, owner, repo)
  if (caller.kind === 'app') throw new ApiError(401, 'A JSON web token could not be used here')
  if (repository === undefined || !canSee(caller, repository)) throw notFound()
  return repository
}

/** Minting or revoking a token changes nothing that anybody could see: it is no write. */
function isWrite({ route }: Matched): boolean {
  return route.method !== 'GET' && !route.path.endsWith('/access_tokens') && route.path !== '/installation/token'
}

type Write = {
  readonly method: string
  readonly route: string
  /** As `answerAfterEffect` names it. */
  readonly faultName: string
  readonly noted: { write: number | undefined }
  readonly isAbandoned: () => boolean
}

/** The effect of one write, with what the tests want to happen before and after it. */
export async function carryOut<T>(
  { faults, requests }: Pick<ApiDeps, 'faults' | 'requests'>,
  { method, route, faultName, noted, isAbandoned }: Write,
  effect: () => Promise<T>,
): Promise<T> {
  const n = requests.nextWrite()
  noted.write = n
  const hook = faults.hook()
  if (hook !== undefined) {
    await hook({ n, method, route, phase: 'before' })
    // Who was ended before the effect has asked for nothing. That they are gone is seen a turn of the loop later.
    await nextTurn()
    if (isAbandoned()) throw new ApiError(499, 'nobody waits for an answer')
  }
  const result = await effect()
  await faults.hook()?.({ n, method, route, phase: 'after' })
  const instead = faults.takeAnswerAfterEffect(faultName)
  if (instead !== undefined) throw new ApiError(instead, 'Server Error')
  return result
}

export function renderError(error: unknown): Answer {
  if (!(error instanceof ApiError)) throw error
  const body = {
    message: error.message,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
    documentation_url: error.documentation,
    status: String(error.status),
  }
  return json(body, error.status, error.headers)
}

const apiHeaders = {
  'X-GitHub-Media-Type': 'github.v3; format=json',
  'X-GitHub-Api-Version-Selected': '2022-11-28',
  'Cache-Control': 'private, max-age=60, s-maxage=60',
  Vary: 'Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With',
}

/**
 * What has not changed is not sent again, to the same token: a new one makes new tags, as on GitHub
 * (https://github.com/github/docs/issues/34689).
 */
function conditionally({ method, headers }: HttpRequest, answer: Answer): Answer {
  if (method !== 'GET' || answer.status !== 200 || answer.body === undefined) return answer
  const bytes = answer.body.kind === 'json' ? JSON.stringify(answer.body.value) : answer.body.value
  const tag = `W/"${createHash('sha256')
    .update(headers['authorization'] ?? '')
    .update(bytes)
    .digest('hex')}"`
  const known = (headers['if-none-match'] ?? '').split(',').map((one) => one.trim())
  const same = known.some((one) => one.replace(/^W\//, '') === tag.replace(/^W\//, ''))
  const withTag = { ...answer.headers, ETag: tag }
  return same ? { status: 304, headers: withTag } : { ...answer, headers: withTag }
}
