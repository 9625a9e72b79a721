import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

/**
 * GitHub's published description of its REST API and webhooks (`test/contract/*.json`, made by
 * `scripts/extract-github-contract.ts`), asked about single messages. Each answer is a list of violations, as
 * `GET /repos/{owner}/{repo} 200 /owner/login: must be string`. Fields that the description does not know are
 * violations, too, though its schemas would allow them: who sends or reads them relies on something GitHub lacks.
 */

/** Places where GitHub's own description is wrong, or says less than GitHub's documentation does. */
export const exceptions: readonly Exception[] = [
  {
    violation: / 4[0-9]{2} \/status: GitHub describes no such field$/,
    because: 'every error says its status since 2024; some descriptions of errors are older, `basic-error` has it',
  },
  {
    violation: /\/email: must match format "email"$/,
    because: 'GitHub gives apps the address ID+SLUG[bot]@users.noreply.github.com, which no strict reader accepts',
  },
  {
    violation: /\/client_id: GitHub describes no such field$/,
    because: '`integration` and `installation` have a client_id; some copies of them are older',
  },
  {
    violation: /\/user_view_type: GitHub describes no such field$/,
    because: '`simple-user` has a user_view_type; some copies of it are older',
  },
  {
    violation: /\/permissions\/merge_queues: GitHub describes no such field$/,
    because: '`app-permissions` has merge_queues; some copies of it are older',
  },
  {
    violation: /\/events\/[0-9]+: must be equal to one of the allowed values/,
    because: 'the lists of events in some webhooks are older than `merge_group`',
  },
  {
    violation: /^GET \/app\/installations 200 \/[0-9]+\/account: must /,
    because: 'described as a user and an enterprise at once; GET /app/installations/{installation_id} says it right',
  },
  {
    violation: /\/requested_teams\/[0-9]+: must have required property 'type'$/,
    because: 'GitHub’s own example of a pull request lacks it',
  },
  {
    violation: / \/labels\/[0-9]+\/description: must be string$/,
    because: 'a label without a description has null, as `label` says and `pull-request-simple` does not',
  },
  {
    violation: /\/deployments\/\{deployment_id\}\/statuses [0-9]+ .*_url: must match format "uri"$/,
    because: 'an address that was not given is an empty text, as the default in the description says',
  },
]

type Exception = { readonly violation: RegExp; readonly because: string }
type Schema = boolean | { readonly [keyword: string]: unknown }
type Route = {
  readonly query: Readonly<Record<string, Schema>>
  readonly body?: Schema | null
  readonly answers: Readonly<Record<string, Schema | null>>
}
type Query = Readonly<Record<string, string>>

export function checkAnswer(method: string, template: string, status: number, body: unknown): readonly string[] {
  const name = `${method.toUpperCase()} ${template}`
  const route = routes()[name]
  if (route === undefined) return [`${name}: GitHub describes no such route`]
  const where = `${name} ${status}`
  const described = route.answers[`${status}`]
  if (described === undefined && status < 300) return [`${where}: GitHub describes no such answer`]
  if (body === undefined) return described === null || status === 304 ? [] : [`${where}: GitHub sends a body`]
  if (status < 300 && described === null) return [`${where}: GitHub sends no body`]
  // A moved repository, 401, 403 with its many causes: not listed for each route, or without their one form.
  const pointer =
    described === undefined || described === null
      ? ['schemas', 'basic-error']
      : ['routes', name, 'answers', `${status}`]
  return checkBody('routes', pointer, { where, body })
}

export function checkRequest(method: string, template: string, query: Query, body: unknown): readonly string[] {
  const name = `${method.toUpperCase()} ${template}`
  const route = routes()[name]
  if (route === undefined) return [`${name}: GitHub describes no such route`]
  const parameters = Object.entries(query).flatMap(([key, value]) =>
    key in route.query
      ? checkQuery(['routes', name, 'query', key], { where: `${name} ?${key}`, value })
      : [`${name} ?${key}: GitHub describes no such parameter`],
  )
  if (body === undefined) return parameters
  if (route.body === undefined) return [...parameters, `${name}: GitHub takes no body`]
  return [...parameters, ...checkBody('routes', ['routes', name, 'body'], { where: `${name} request`, body })]
}

export function checkWebhook(event: string, payload: unknown): readonly string[] {
  const action = isObject(payload) && typeof payload['action'] === 'string' ? payload['action'] : undefined
  const name = [`${event}.${action}`, event].find((key) => at('webhooks', ['webhooks', key]) !== undefined)
  if (name === undefined) return [`webhook ${event}.${action}: GitHub describes no such webhook`]
  return checkBody('webhooks', ['webhooks', name], { where: `webhook ${name}`, body: payload })
}

/** The described route that a request goes to; undefined when there is none. */
export function routeOf(method: string, path: string): string | undefined {
  const matching = Object.keys(routes()).filter((name) => {
    const [verb = '', template = ''] = name.split(' ')
    return verb === method.toUpperCase() && templatePattern(template).test(path)
  })
  const literals = (name: string): number => name.split('/').filter((segment) => !segment.startsWith('{')).length
  return matching.toSorted((one, other) => literals(other) - literals(one))[0]?.split(' ')[1]
}

/** Parameters whose values hold slashes, escaped or not. */
const withSlashes = ['path', 'ref', 'branch', 'basehead', 'name', 'environment_name']

function templatePattern(template: string): RegExp {
  const pattern = template.replace(/\{(\w+)\}/g, (_, name: string) => (withSlashes.includes(name) ? '.+' : '[^/]+'))
  return new RegExp(`^${pattern}$`)
}

type Body = { readonly where: string; readonly body: unknown }

function checkBody(source: Source, pointer: readonly string[], { where, body }: Body): readonly string[] {
  const validate = validator(source, pointer)
  validate(body)
  const wrong = (validate.errors ?? []).filter(saysSomething).map((error) => describeError(where, error))
  const unknown = unknownFields(source, [at(source, pointer)], body)
  return [...new Set([...wrong, ...unknown.map((path) => `${where} ${path}: GitHub describes no such field`)])].filter(
    (violation) => !exceptions.some((exception) => exception.violation.test(violation)),
  )
}

/**
 * The arms that do not fit are named by their own errors; that none fits adds nothing. That more than one fits is
 * GitHub's carelessness: its arms of `oneOf` often hold each other.
 */
function saysSomething({ keyword }: ErrorObject): boolean {
  return keyword !== 'anyOf' && keyword !== 'oneOf'
}

function describeError(where: string, { instancePath, message, params }: ErrorObject): string {
  const allowed: unknown = params['allowedValues']
  const detail = Array.isArray(allowed) ? ` (${allowed.join(', ')})` : ''
  return `${where}${instancePath === '' ? '' : ` ${instancePath}`}: ${message}${detail}`
}

/** Everything arrives as text in a query: one reading that fits is enough. */
function checkQuery(pointer: readonly string[], { where, value }: { where: string; value: string }): readonly string[] {
  const validate = validator('routes', pointer)
  const readings = [value, Number(value), value === 'true' ? true : value === 'false' ? false : value]
  if (readings.some((reading) => validate(reading))) return []
  return (validate.errors ?? []).map((error) => describeError(where, error))
}

function unknownFields(source: Source, schemas: readonly unknown[], value: unknown, path = ''): readonly string[] {
  const arms = schemas.flatMap((schema) => armsOf(source, schema))
  if (Array.isArray(value)) {
    const items = arms.flatMap((arm) => (arm['items'] === undefined ? [] : [arm['items']]))
    return value.flatMap((item, i) => unknownFields(source, items, item, `${path}/${i}`))
  }
  if (!isObject(value) || arms.some(isFree)) return []
  return Object.entries(value).flatMap(([key, field]) => {
    const known = arms.flatMap((arm) => fieldSchemas(arm, key))
    return known.length === 0 ? [`${path}/${key}`] : unknownFields(source, known, field, `${path}/${key}`)
  })
}

/** What a schema may turn out to be, references followed. */
function armsOf(source: Source, schema: unknown): readonly Fields[] {
  if (!isObject(schema)) return []
  const target = schema['$ref']
  if (typeof target === 'string') return armsOf(source, at(source, target.split('/').slice(1)))
  const below = ['allOf', 'oneOf', 'anyOf'].flatMap((keyword) => {
    const arms = schema[keyword]
    return Array.isArray(arms) ? arms.flatMap((arm) => armsOf(source, arm)) : []
  })
  return [schema, ...below]
}

/** An object of which nothing is said: a deployment's payload. */
function isFree(schema: Fields): boolean {
  const types = [schema['type']].flat()
  return types.includes('object') && schema['properties'] === undefined && !isObject(schema['additionalProperties'])
}

function fieldSchemas(schema: Fields, key: string): readonly unknown[] {
  const properties = schema['properties']
  if (isObject(properties) && Object.hasOwn(properties, key)) return [properties[key]]
  return isObject(schema['additionalProperties']) ? [schema['additionalProperties']] : []
}

type Fields = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type Source = 'routes' | 'webhooks'
const descriptions = new Map<Source, Fields>()
const validators = new Map<string, ValidateFunction>()
let compiler: Ajv2020 | undefined

function description(source: Source): Fields {
  let known = descriptions.get(source)
  if (known === undefined) {
    const file = join(import.meta.dirname, '..', 'contract', `${source}.json`)
    known = JSON.parse(readFileSync(file, 'utf8')) as Fields
    descriptions.set(source, known)
  }
  return known
}

function at(source: Source, pointer: readonly string[]): unknown {
  return pointer.reduce<unknown>((part, key) => (isObject(part) ? part[key] : undefined), description(source))
}

function routes(): Readonly<Record<string, Route>> {
  return description('routes')['routes'] as Readonly<Record<string, Route>>
}

/** Compiled when it is asked for: one pull request is 0.3 s, all of GitHub would be a minute. */
function validator(source: Source, pointer: readonly string[]): ValidateFunction {
  const escaped = pointer.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')))
  const reference = `${source}#/${escaped.join('/')}`
  let known = validators.get(reference)
  if (known === undefined) {
    known = ajv().compile({ $ref: reference })
    validators.set(reference, known)
  }
  return known
}

function ajv(): Ajv2020 {
  if (compiler === undefined) {
    compiler = new Ajv2020({ strict: false, allErrors: true, validateSchema: false, logger: false })
    addFormats.default(compiler)
    compiler.addSchema(description('routes'), 'routes')
    compiler.addSchema(description('webhooks'), 'webhooks')
  }
  return compiler
}
