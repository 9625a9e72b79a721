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
import { type GitHub } from '../context.ts'
import { resolveField, resolveType, type Fields, type View } from './fields.ts'
import { commitFields } from './git-object.ts'
import { once } from './once.ts'
import { pullFields } from './pull.ts'
import { refFields } from './ref.ts'
import { repositoryFields } from './repository.ts'
import { mutationFields, queryFields } from './root.ts'

export type GraphQLRequest = {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>> | null
  readonly operationName?: string | null
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

export type RateLimit = {
  readonly limit: number
  readonly remaining: number
  readonly used: number
  readonly resetAt: string
}

/**
 * Runs a query or mutation against GitHub's published schema. What the schema does not know is refused as GitHub does;
 * what it knows and the sandbox does not is an error that names the field.
 */
export async function executeGraphQL(
  deps: { readonly github: GitHub; readonly caller: Caller; readonly rateLimit?: RateLimit },
  request: GraphQLRequest,
): Promise<GraphQLAnswer> {
  const question = readQuestion(request)
  if (question.kind === 'wrong') return { errors: question.errors.map(formatError) }
  const view = viewOf(deps)
  const root = { ...queryFields(view), rateLimit: rateLimitFields(deps.rateLimit) }
  const result = await execute({
    schema: schema(),
    document: question.document,
    rootValue: question.operation.operation === OperationTypeNode.MUTATION ? mutationFields(view) : root,
    variableValues: request.variables ?? {},
    operationName: request.operationName ?? null,
    fieldResolver: resolveField,
    typeResolver: resolveType,
  })
  return formatResult(result)
}

/**
 * What a request is about to do, for the counted requests and for faults: a mutation goes by its field (`updateRefs`),
 * a query by the name that its author gave it. Undefined when it cannot be read: then nothing is done.
 */
export function readOperation(
  request: GraphQLRequest,
): { readonly name: string; readonly writes: boolean } | undefined {
  const question = readQuestion(request)
  if (question.kind === 'wrong') return undefined
  const { operation, name, selectionSet } = question.operation
  const [field] = selectionSet.selections
  const fieldName = field?.kind === Kind.FIELD ? field.name.value : 'query'
  const writes = operation === OperationTypeNode.MUTATION
  return { name: writes ? fieldName : (name?.value ?? fieldName), writes }
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
    ({ name }) => (operationName ?? undefined) === undefined || name?.value === operationName,
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

function viewOf({ github, caller }: { readonly github: GitHub; readonly caller: Caller }): View {
  const view: View = {
    github,
    caller,
    show: {
      repository: (repository) => repositoryFields(view, repository),
      pull: (pull) => pullFields(view, pull),
      commit: (repository, sha) => commitFields(view, repository, sha),
      ref: (repository, name) => refFields(view, repository, name),
    },
  }
  return view
}

function rateLimitFields(rateLimit: RateLimit | undefined): Fields | undefined {
  return rateLimit === undefined ? undefined : { __typename: 'RateLimit', cost: 1, nodeCount: 0, ...rateLimit }
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
