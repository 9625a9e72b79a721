import { ApiError } from '../api-error.ts'
import { describeCaller, type Caller } from '../caller.ts'
import { json, type Answer } from './answer.ts'
import { carryOut, renderError, type ApiDeps } from './api.ts'
import { authenticate } from './authenticate.ts'
import { parseBody } from './fields.ts'
import { budgetHeaders } from './rate-limit.ts'
import { type HttpRequest } from './request.ts'

/** Answers one GraphQL request, refusals included, and notes it down by the name of its operation. */
export async function answerGraphQL(deps: ApiDeps, request: HttpRequest): Promise<Answer> {
  const noted: Noted = { caller: { kind: 'anonymous' }, write: undefined, route: 'graphql' }
  const answer = await run(deps, request, noted).catch((error: unknown) => renderError(error))
  deps.requests.add({
    method: 'POST',
    route: noted.route,
    path: '/graphql',
    status: answer.status,
    caller: describeCaller(noted.caller),
    write: noted.write,
  })
  const budget = budgetHeaders(deps.limiter.look(noted.caller))
  return { ...answer, headers: { 'X-GitHub-Media-Type': 'github.v4; format=json', ...budget, ...answer.headers } }
}

type Noted = { caller: Caller; write: number | undefined; route: string }

async function run(deps: ApiDeps, { headers, body, isAbandoned }: HttpRequest, noted: Noted): Promise<Answer> {
  const { github, limiter, faults } = deps
  const caller = authenticate(github, headers['authorization'])
  noted.caller = caller
  if (caller.kind === 'anonymous' || caller.kind === 'app') {
    throw new ApiError(401, 'This endpoint requires you to be authenticated.')
  }
  const limited = faults.takeRateLimit()
  if (limited !== undefined) throw limiter.refusal(limited, caller)
  const budget = limiter.spend(caller)
  const fields = parseBody(body)
  const query = fields.text('query')
  const operationName = fields.optionalText('operationName')
  noted.route = `graphql ${operationName ?? nameOf(query)}`
  const refusal = faults.takeRefusal(noted.route)
  if (refusal !== undefined) throw new ApiError(refusal, 'Server Error')
  if (faults.takeFailedGraphQL()) return json({ data: null, errors: [{ message: somethingWentWrong }] })
  const variables = fields.optionalObject('variables')?.all ?? {}
  // Loaded when it is needed: graphql-js and the schema take longer than everything else together.
  const { executeGraphQL } = await import('../graphql/execute.ts')
  const write = <T>(mutation: string, effect: () => Promise<T>): Promise<T> => {
    const route = `graphql ${mutation}`
    return carryOut(deps, { method: 'POST', route, faultName: route, noted, isAbandoned }, effect)
  }
  return json(await executeGraphQL({ query, variables, operationName }, { github, caller, write, budget }))
}

const somethingWentWrong =
  'Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug. ' +
  'Please include `0A1B:2C3D:4E5F:6071:8293A4B5` when reporting this issue.'

/** The name that the author gave the operation, or its first field: `viewer` of `{ viewer { login } }`. */
function nameOf(query: string): string {
  const named = /^\s*(?:query|mutation)\s+(\w+)/m.exec(query)
  return named?.[1] ?? /\{\s*(\w+)/.exec(query)?.[1] ?? 'unnamed'
}
