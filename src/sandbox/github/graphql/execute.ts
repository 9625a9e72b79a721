import { readFileSync } from 'node:fs'
import {
  buildASTSchema,
  execute,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { type Caller } from '../caller.ts'
import { formatTimestamp, type GitHub } from '../context.ts'
import { type Budget } from '../http/rate-limit.ts'
import { resolveField, resolveType, type Fields, type View } from './fields.ts'
import { commitFields } from './git-object.ts'
import { once } from './once.ts'
import { pullFields } from './pull.ts'
import { refFields } from './ref.ts'
import { repositoryFields } from './repository.ts'
import { mutationFields, queryFields } from './root.ts'
import { checkRunFields } from './rollup.ts'
import { type Write } from './update-refs.ts'

export type GraphQLRequest = {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>>
  readonly operationName?: string | undefined
}

export type GraphQLContext = {
  readonly github: GitHub
  readonly caller: Caller
  /** Runs the effect of one mutation: it is counted, and tests may do something before and after it. */
  readonly write: Write
  readonly budget?: Budget
}

/** What GitHub answers, always with status 200. */
export type GraphQLAnswer = { readonly data?: unknown; readonly errors?: readonly GraphQLErrorAnswer[] }

export type GraphQLErrorAnswer = {
  /** `NOT_FOUND`, `FORBIDDEN`; absent where the question itself is wrong. */
  readonly type?: string
  readonly path?: readonly (string | number)[]
  readonly locations?: readonly { readonly line: number; readonly column: number }[]
  readonly message: string
}

/**
 * Runs a query or mutation against GitHub's published schema. What the schema does not know is refused as GitHub does;
 * what it knows and the sandbox does not is an error that names the field.
 */
export async function executeGraphQL(request: GraphQLRequest, context: GraphQLContext): Promise<GraphQLAnswer> {
  const question = readQuestion(request)
  if (question.kind === 'wrong') return { errors: question.errors.map(formatError) }
  const view = viewOf(context)
  const mutates = question.operation.operation === OperationTypeNode.MUTATION
  const result = await execute({
    schema: schema(),
    document: question.document,
    rootValue: mutates ? mutationFields(view, context.write) : queryFields(view, rateLimitFields(context.budget)),
    variableValues: request.variables ?? {},
    operationName: request.operationName ?? null,
    fieldResolver: resolveField,
    typeResolver: resolveType,
  })
  // A refusal is an answer. Everything else is a fault made on purpose or a bug of ours, and fails the whole request.
  const failure = result.errors?.map(({ originalError }) => originalError).find((error) => error && !isRefusal(error))
  if (failure) throw failure
  return formatResult(result)
}

function isRefusal(error: Error): boolean {
  return error instanceof GraphQLError
}

type Question =
  | { readonly kind: 'right'; readonly document: DocumentNode; readonly operation: OperationDefinitionNode }
  | { readonly kind: 'wrong'; readonly errors: readonly GraphQLError[] }

/** The same few queries come again and again; to check one against GitHub's schema takes longer than to answer it. */
const checked = new Map<string, DocumentNode | readonly GraphQLError[]>()
const mostChecked = 500

function readQuestion({ query, operationName }: GraphQLRequest): Question {
  const document = readDocument(query)
  if (!('kind' in document)) return { kind: 'wrong', errors: document }
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const [operation, ...others] = operations.filter(
    ({ name }) => operationName === undefined || name?.value === operationName,
  )
  if (operation === undefined || others.length > 0) {
    return { kind: 'wrong', errors: [new GraphQLError('An operation name is required')] }
  }
  return { kind: 'right', document, operation }
}

function readDocument(query: string): DocumentNode | readonly GraphQLError[] {
  const known = checked.get(query)
  if (known !== undefined) return known
  const read = parseAndCheck(query)
  if (checked.size >= mostChecked) checked.clear()
  checked.set(query, read)
  return read
}

function parseAndCheck(query: string): DocumentNode | readonly GraphQLError[] {
  try {
    const document = parse(query)
    const errors = validate(schema(), document)
    return errors.length === 0 ? document : errors
  } catch (error) {
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}

const schema = once((): GraphQLSchema => {
  // The package's entry would load the same schema a second time, as JSON.
  const file = new URL('schema.graphql', import.meta.resolve('@octokit/graphql-schema'))
  return buildASTSchema(parse(readFileSync(file, 'utf8'), { noLocation: true }), { assumeValidSDL: true })
})

function viewOf({ github, caller }: GraphQLContext): View {
  const view: View = {
    github,
    caller,
    show: {
      repository: (repository) => repositoryFields(view, repository),
      pull: (pull) => pullFields(view, pull),
      commit: (repository, sha) => commitFields(view, repository, sha),
      checkRun: (run) => checkRunFields(view, run),
      ref: (repository, name) => refFields(view, repository, name),
    },
  }
  return view
}

function rateLimitFields(budget: Budget | undefined): Fields | undefined {
  if (budget === undefined) return undefined
  const { reset, ...left } = budget
  return { __typename: 'RateLimit', cost: 1, nodeCount: 0, ...left, resetAt: formatTimestamp(new Date(reset * 1000)) }
}

function formatResult({ data, errors }: ExecutionResult): GraphQLAnswer {
  return {
    ...(data === undefined ? {} : { data }),
    ...(errors === undefined ? {} : { errors: errors.map(formatError) }),
  }
}

function formatError({ message, path, locations, extensions }: GraphQLError): GraphQLErrorAnswer {
  const type = extensions['type']
  return {
    ...(typeof type === 'string' ? { type } : {}),
    ...(path === undefined ? {} : { path }),
    ...(locations === undefined ? {} : { locations }),
    message,
  }
}
