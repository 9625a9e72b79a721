import { GraphQLError, type GraphQLFieldResolver, type GraphQLTypeResolver } from 'graphql'
import { type Caller } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { type CheckRun, type Pull, type Repository } from '../state.ts'

/** Who looks, at what. */
export type View = { readonly github: GitHub; readonly caller: Caller; readonly show: Show }

/** The types of the schema name each other in circles; the modules that render them need not. */
export type Show = {
  repository(repository: Repository): Fields
  pull(pull: Pull): Fields
  /** Null when there is no such commit. */
  commit(repository: Repository, sha: string): Promise<Fields | null>
  checkRun(run: CheckRun): Fields
  /** By its whole name; null when there is no such ref. */
  ref(repository: Repository, name: string): Fields | null
}

/**
 * An object of the schema: each field's value, or a function of its arguments. What is not here is not implemented,
 * and says so: a null that GitHub would not give could be taken for the truth.
 */
export type Fields = { readonly __typename: string; readonly [field: string]: unknown }

export const resolveField: GraphQLFieldResolver<unknown, unknown> = (source, args, _, info) => {
  const value = isFields(source) ? source[info.fieldName] : undefined
  if (value === undefined)
    throw new GraphQLError(`sandbox does not implement ${info.parentType.name}.${info.fieldName}`)
  return isResolver(value) ? value(withoutNulls(args)) : value
}

export const resolveType: GraphQLTypeResolver<unknown, unknown> = (value) =>
  isFields(value) ? value.__typename : undefined

/** An argument that is null is one that is not given. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const given = Object.entries(value).filter(([, each]) => each !== null)
  return Object.fromEntries(given.map(([name, each]) => [name, withoutNulls(each)]))
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

/** The schema has checked the arguments; each field's function says which it takes. */
function isResolver(value: unknown): value is (args: unknown) => unknown {
  return typeof value === 'function'
}
