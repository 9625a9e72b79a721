import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Takes from GitHub's published descriptions what Lotse and its sandbox use, as plain JSON Schema 2020-12, into
 * `test/contract`. The packages are 500 MB unpacked: nothing for everybody's install. Run it after changing a list or a
 * version; the same lists and versions give the same bytes.
 *
 *     node scripts/extract-github-contract.ts
 */
const sources = { routes: '@octokit/openapi@23.0.2', webhooks: '@octokit/openapi-webhooks@12.1.0' } as const

const repositoryRoutes = [
  'get patch',
  'get /branches',
  'get /branches/{branch}',
  'get put delete /branches/{branch}/protection',
  'post /check-runs',
  'get patch /check-runs/{check_run_id}',
  'get /check-runs/{check_run_id}/annotations',
  'get /check-suites/{check_suite_id}',
  'get /check-suites/{check_suite_id}/check-runs',
  'post /check-suites/{check_suite_id}/rerequest',
  'get /collaborators',
  'get put delete /collaborators/{username}',
  'get /collaborators/{username}/permission',
  'get /commits',
  'get /commits/{commit_sha}/pulls',
  'get /commits/{ref}',
  'get /commits/{ref}/check-runs',
  'get /commits/{ref}/check-suites',
  'get /commits/{ref}/status',
  'get /commits/{ref}/statuses',
  'get /compare/{basehead}',
  'get put delete /contents/{path}',
  'get post /deployments',
  'get delete /deployments/{deployment_id}',
  'get post /deployments/{deployment_id}/statuses',
  'get /environments',
  'get /environments/{environment_name}',
  'post /forks',
  'post /git/blobs',
  'get /git/blobs/{file_sha}',
  'post /git/commits',
  'get /git/commits/{commit_sha}',
  'get /git/matching-refs/{ref}',
  'get /git/ref/{ref}',
  'post /git/refs',
  'patch delete /git/refs/{ref}',
  'post /git/tags',
  'get /git/tags/{tag_sha}',
  'post /git/trees',
  'get /git/trees/{tree_sha}',
  'get /installation',
  'get post /issues',
  'get /issues/comments',
  'get patch delete /issues/comments/{comment_id}',
  'get post /issues/comments/{comment_id}/reactions',
  'delete /issues/comments/{comment_id}/reactions/{reaction_id}',
  'get patch /issues/{issue_number}',
  'get post /issues/{issue_number}/comments',
  'get post put delete /issues/{issue_number}/labels',
  'delete /issues/{issue_number}/labels/{name}',
  'get post /issues/{issue_number}/reactions',
  'delete /issues/{issue_number}/reactions/{reaction_id}',
  'get /issues/{issue_number}/timeline',
  'get post /labels',
  'get patch delete /labels/{name}',
  'post /merges',
  'get post /pulls',
  'get post /pulls/comments/{comment_id}/reactions',
  'get patch /pulls/{pull_number}',
  'get post /pulls/{pull_number}/comments',
  'get /pulls/{pull_number}/commits',
  'get /pulls/{pull_number}/files',
  'get put /pulls/{pull_number}/merge',
  'get post delete /pulls/{pull_number}/requested_reviewers',
  'get post /pulls/{pull_number}/reviews',
  'get /pulls/{pull_number}/reviews/{review_id}',
  'put /pulls/{pull_number}/reviews/{review_id}/dismissals',
  'put /pulls/{pull_number}/update-branch',
  'get /rules/branches/{branch}',
  'get post /rulesets',
  'get put delete /rulesets/{ruleset_id}',
  'post /statuses/{sha}',
  'get /tags',
  'get /tarball/{ref}',
]

const otherRoutes = [
  'get /app',
  'get patch /app/hook/config',
  'get /app/hook/deliveries',
  'get /app/hook/deliveries/{delivery_id}',
  'post /app/hook/deliveries/{delivery_id}/attempts',
  'get /app/installations',
  'get delete /app/installations/{installation_id}',
  'post /app/installations/{installation_id}/access_tokens',
  'put delete /app/installations/{installation_id}/suspended',
  'get /installation/repositories',
  'delete /installation/token',
  'get /meta',
  'get /orgs/{org}',
  'get /orgs/{org}/installation',
  'get /orgs/{org}/members',
  'get /orgs/{org}/members/{username}',
  'get /orgs/{org}/memberships/{username}',
  'get /rate_limit',
  'get /user',
  'get /users/{username}',
  'get /users/{username}/installation',
]

/** Events, with all their actions. */
const events = [
  'check_run',
  'check_suite',
  'create',
  'delete',
  'deployment',
  'deployment_status',
  'fork',
  'github_app_authorization',
  'installation',
  'installation_repositories',
  'installation_target',
  'issue_comment',
  'issues',
  'label',
  'member',
  'merge_group',
  'ping',
  'public',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'push',
  'registry_package',
  'repository',
  'status',
]

/** What says something about the shape; descriptions, examples and defaults do not. */
const kept = [
  'type',
  'format',
  'required',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
]
const schemasByName = ['properties', 'patternProperties']
const schemaLists = ['oneOf', 'anyOf', 'allOf']

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

const folder = mkdtempSync(join(tmpdir(), 'github-contract-'))
try {
  extractRoutes(published(sources.routes, 'package/generated/api.github.com.json'))
  extractWebhooks(published(sources.webhooks, 'package/generated/api.github.com.json'))
} finally {
  rmSync(folder, { recursive: true })
}

function published(name: string, file: string): JsonObject {
  const archive = execFileSync('npm', ['pack', name, '--silent', '--pack-destination', folder], { encoding: 'utf8' })
  execFileSync('tar', ['-xzf', join(folder, archive.trim()), '-C', folder, file])
  return object(JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

function extractRoutes(description: JsonObject): void {
  const wanted = [
    ...repositoryRoutes.map((line) => line.replace(/ ?(\/.*)?$/, ' /repos/{owner}/{repo}$1')),
    ...otherRoutes,
  ]
  const routes: Record<string, Json> = {}
  for (const line of wanted) {
    const [path = '', ...methods] = line.split(' ').toReversed()
    for (const method of methods.toReversed()) {
      routes[`${method.toUpperCase()} ${path}`] = readRoute(description, path, method)
    }
  }
  write('routes', { source: sources.routes, routes }, description)
}

function readRoute(description: JsonObject, path: string, method: string): Json {
  const item = object(object(description['paths'])[path], path)
  const operation = object(item[method], `${method} ${path}`)
  const parameters = [...list(item['parameters']), ...list(operation['parameters'])]
    .map((parameter) => resolve(description, parameter))
    .filter((parameter) => parameter['in'] === 'query')
  const request = operation['requestBody']
  const answers = mapValues(object(operation['responses']), (answer) => contentOf(resolve(description, answer)))
  return {
    query: Object.fromEntries(parameters.map(({ name, schema }) => [text(name), shape(schema ?? {})])),
    ...(request === undefined ? {} : { body: contentOf(resolve(description, request)) }),
    answers,
  }
}

/** The shape of a JSON body; null where there is none, or where it is something else than JSON. */
function contentOf(message: JsonObject): Json {
  const content = object(message['content'] ?? {})
  const json = content['application/json'] ?? content['application/scim+json']
  return json === undefined ? null : shape(object(json)['schema'] ?? {})
}

function extractWebhooks(description: JsonObject): void {
  const webhooks: Record<string, Json> = {}
  for (const webhook of Object.values(object(description['webhooks']))) {
    const operation = object(object(webhook)['post'])
    const event = text(object(operation['x-github'])['subcategory']).replaceAll('-', '_')
    if (!events.includes(event)) continue
    const action = text(operation['operationId']).split('/')[1]?.replaceAll('-', '_')
    webhooks[action === undefined ? event : `${event}.${action}`] = contentOf(object(operation['requestBody']))
  }
  const missing = events.filter((event) => !Object.keys(webhooks).some((name) => name.split('.')[0] === event))
  if (missing.length > 0) throw new Error(`no webhook is described for ${missing.join(', ')}`)
  write('webhooks', { source: sources.webhooks, webhooks }, description)
}

function write(name: string, extract: JsonObject, description: JsonObject): void {
  const schemas: Record<string, Json> = {}
  const add = (schema: string): void => {
    if (schema in schemas) return
    schemas[schema] = shape(object(object(description['components'])['schemas'])[schema] ?? {})
    referencedBy(schemas[schema]).forEach(add)
  }
  referencedBy(extract).forEach(add)
  const file = join(import.meta.dirname, '..', 'test', 'contract', `${name}.json`)
  writeFileSync(file, format(share({ ...extract, schemas: sorted(schemas) })))
}

function referencedBy(value: Json | undefined): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencedBy)
  if (!isObject(value)) return []
  const target = value['$ref']
  return typeof target === 'string' ? [target.replace('#/schemas/', '')] : Object.values(value).flatMap(referencedBy)
}

/** A schema without words, in the form of JSON Schema 2020-12: OpenAPI 3.0 says `nullable` where that says `null`. */
function shape(schema: Json): Json {
  if (!isObject(schema)) return schema
  const target = schema['$ref']
  if (typeof target === 'string') return { $ref: target.replace('#/components/schemas/', '#/schemas/') }
  const nullable = schema['nullable'] === true
  const shaped: Record<string, Json> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (kept.includes(keyword)) shaped[keyword] = value
    else if (schemasByName.includes(keyword)) shaped[keyword] = mapValues(object(value), shape)
    else if (schemaLists.includes(keyword)) shaped[keyword] = list(value).map(shape)
    else if (keyword === 'items' || keyword === 'additionalProperties') shaped[keyword] = shape(value)
    else if (keyword === 'enum') shaped['enum'] = nullable ? [...new Set([...list(value), null])] : value
  }
  if (!nullable) return shaped
  if (typeof schema['type'] === 'string') return { ...shaped, type: [schema['type'], 'null'] }
  return { anyOf: [shaped, { type: 'null' }] }
}

/** Writes once, under `shared`, what stands in several places: GitHub repeats a repository in each of its webhooks. */
function share(extract: JsonObject): JsonObject {
  const seen = new Map<string, number>()
  const count = (value: Json): void => {
    const text = JSON.stringify(value)
    if (isSchema(value)) seen.set(text, (seen.get(text) ?? 0) + 1)
    // What stands inside of a repetition is not counted again: it moves as a whole.
    if (!isSchema(value) || seen.get(text) === 1) children(value).forEach(count)
  }
  count(extract)
  const shared: Record<string, Json> = {}
  const replace = (value: Json, whole = false): Json => {
    const text = JSON.stringify(value)
    if (!whole && isSchema(value) && text.length >= 200 && (seen.get(text) ?? 0) > 1) {
      const name = createHash('sha256').update(text).digest('hex').slice(0, 12)
      shared[name] ??= replace(value, true)
      return { $ref: `#/shared/${name}` }
    }
    if (Array.isArray(value)) return value.map((item) => replace(item))
    return isObject(value) ? mapValues(value, (item) => replace(item)) : value
  }
  const replaced = object(replace(extract))
  return { ...replaced, shared: sorted(shared) }
}

/** Not a map of properties in which one is named `type`. */
function isSchema(value: Json): value is JsonObject {
  return (
    isObject(value) &&
    ['type', ...schemaLists].some((keyword) => typeof value[keyword] === 'string' || Array.isArray(value[keyword]))
  )
}

function children(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value
  return isObject(value) ? Object.values(value) : []
}

/** One line per route, webhook and schema: a new version of the description can be reviewed. */
function format(extract: JsonObject): string {
  const parts = Object.entries(extract).map(([name, value]) => {
    if (!isObject(value)) return `${JSON.stringify(name)}: ${JSON.stringify(value)}`
    const lines = Object.entries(value).map(([key, item]) => `  ${JSON.stringify(key)}: ${JSON.stringify(item)}`)
    return `${JSON.stringify(name)}: {\n${lines.join(',\n')}\n }`
  })
  return `{\n ${parts.join(',\n ')}\n}\n`
}

function sorted(value: Readonly<Record<string, Json>>): JsonObject {
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function mapValues(value: JsonObject, change: (item: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]))
}

function resolve(description: JsonObject, value: Json): JsonObject {
  const target = object(value)['$ref']
  if (typeof target !== 'string') return object(value)
  return object(
    target
      .split('/')
      .slice(1)
      .reduce<Json>((part, name) => object(part)[name] ?? null, description),
    target,
  )
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function object(value: Json | undefined, what = 'an object'): JsonObject {
  if (!isObject(value)) throw new Error(`the description has no ${what}`)
  return value
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

function text(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Error(`expected a text, got \`${JSON.stringify(value)}\``)
  return value
}
