import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { type Configuration, configurationShape, parseConfiguration } from '../../../src/core/config/configuration.ts'
import type { Shape } from '../../../src/core/config/shape.ts'
import { agentKey } from './agent-keys.ts'

type Schema = {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | false
  readonly items?: Schema
}

const schema: Schema = JSON.parse(readFileSync(new URL('../../../schema/v1.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema)

suite('schema/v1.json', () => {
  test('has the keys of the parser, and no others', () => {
    assert.deepEqual(keysOfSchema(schema), keysOfShape(configurationShape))
  })

  test('describes every key', () => {
    assert.deepEqual(undescribed(schema), [])
  })

  test('names the defaults of the parser', () => {
    const { release, clusters } = valueOf('version: 1')
    const properties = schema.$defs?.['release']?.properties ?? {}
    const written = Object.fromEntries(Object.entries(properties).map(([key, row]) => [key, row.default]))
    assert.deepEqual(written, {
      merge: release.merge,
      'merge-method': release.mergeMethod,
      checks: release.checks,
    })
    const budget = schema.$defs?.['cluster']?.properties?.['prune']?.properties?.['budget']
    assert.deepEqual(
      Object.values(clusters).map(({ prune }) => prune),
      [{ budget: budget?.default }],
    )
  })

  const key = agentKey('one')
  const valid = [
    'version: 1',
    'version: 1.0',
    'version: 1\nclusters: {}\nrelease: {}',
    'version: 1\nrelease: { merge: auto, merge-method: merge, checks: none }',
    'version: 1\nrelease: { merge: manual, merge-method: rebase, checks: required }',
    'version: 1\nclusters: { a: { path: . } }',
    ...['{}', '{ budget: 0 }', '{ budget: 1000 }', '{ budget: 10.0 }'].map(
      (prune) => `version: 1\nclusters: { a: { path: a, prune: ${prune} } }`,
    ),
    'version: 1\nclusters: { a-1: { path: a b/c.d/..e, agents: [], environment: é, release: { merge: auto } } }',
    `version: 1\nclusters: { a: { path: .githubber, agents: ["${key}", "${agentKey('two')} a comment"] } }`,
  ]
  const invalid = [
    '{}',
    '[]',
    'hello',
    '1',
    'version: 2',
    'version: "1"',
    'version: null',
    'version: [1]',
    'version: 1\nother: 1',
    'version: 1\nclusters: []',
    'version: 1\nclusters: null',
    'version: 1\nclusters: { A: { path: a } }',
    'version: 1\nclusters: { -a: { path: a } }',
    `version: 1\nclusters: { ${'a'.repeat(64)}: { path: a } }`,
    'version: 1\nclusters: { a: null }',
    'version: 1\nclusters: { a: a }',
    'version: 1\nclusters: { a: {} }',
    ...[
      'null',
      '10',
      '{ budget: -1 }',
      '{ budget: 1001 }',
      '{ budget: 1.5 }',
      '{ budget: "10" }',
      '{ budget: null }',
      '{ most: 1 }',
    ].map((prune) => `version: 1\nclusters: { a: { path: a, prune: ${prune} } }`),
    ...[
      '/a',
      'a/',
      'a//b',
      './a',
      '..',
      'a/../b',
      '../a',
      'a/.',
      '""',
      '" a"',
      '"a "',
      '"a\\nb"',
      '"a\\\\b"',
      '.github',
      '.github/a',
    ]
      .concat(['1', 'null', 'true', '[a]', `"${'a'.repeat(256)}"`])
      .map((path) => `version: 1\nclusters: { a: { path: ${path} } }`),
    ...[
      'null',
      key,
      '[1]',
      '[null]',
      '[[]]',
      '[""]',
      `["${key} "]`,
      `[" ${key}"]`,
      `["${key}", "${key}"]`,
      `["${key}A"]`,
    ]
      .concat([`["${key}", "${agentKey('2')}", "${agentKey('3')}"]`, '["ssh-rsa AAAA"]', `["${key}\\n"]`])
      .map((agents) => `version: 1\nclusters: { a: { path: a, agents: ${agents} } }`),
    ...['1', 'null', '""', '" a"', '"a "', '"a\\nb"', `"${'a'.repeat(256)}"`, '[a]'].map(
      (environment) => `version: 1\nclusters: { a: { path: a, environment: ${environment} } }`,
    ),
    ...[
      'null',
      '[]',
      'auto',
      '{ merge: commit }',
      '{ merge: true }',
      '{ merge-method: fast-forward }',
      '{ checks: null }',
    ]
      .concat(['{ mergeMethod: squash }', '{ merge: [auto] }'])
      .flatMap((release) => [
        `version: 1\nrelease: ${release}`,
        `version: 1\nclusters: { a: { path: a, release: ${release} } }`,
      ]),
  ]
  for (const [verdict, texts] of [
    [true, valid],
    [false, invalid],
  ] as const) {
    for (const text of texts) {
      test(`and the parser ${verdict ? 'accept' : 'refuse'} ${JSON.stringify(text).slice(0, 120)}`, () => {
        assert.deepEqual(
          { schema: validate(parse(text)), parser: parseConfiguration(text).ok },
          { schema: verdict, parser: verdict },
        )
      })
    }
  }
})

function valueOf(text: string): Configuration {
  const result = parseConfiguration(text)
  assert.ok(result.ok)
  return result.value
}

function keysOfShape(shape: Shape<unknown>, path = ''): readonly string[] {
  const keys = Object.entries(shape.keys ?? {}).flatMap(([key, row]) => [
    `${path}.${key}`,
    ...keysOfShape(row, `${path}.${key}`),
  ])
  return [...keys, ...(shape.values === undefined ? [] : keysOfShape(shape.values, `${path}.*`))].toSorted()
}

function keysOfSchema(written: Schema, path = ''): readonly string[] {
  const row = resolved(written)
  const keys = Object.entries(row.properties ?? {}).flatMap(([key, value]) => [
    `${path}.${key}`,
    ...keysOfSchema(value, `${path}.${key}`),
  ])
  const values = row.items ?? (row.additionalProperties === false ? undefined : row.additionalProperties)
  return [...keys, ...(values === undefined ? [] : keysOfSchema(values, `${path}.*`))].toSorted()
}

function undescribed(written: Schema, path = ''): readonly string[] {
  return Object.entries(resolved(written).properties ?? {}).flatMap(([key, row]) => [
    ...(row.description === undefined ? [`${path}.${key}`] : []),
    ...undescribed(row, `${path}.${key}`),
  ])
}

function resolved(row: Schema): Schema {
  const name = row.$ref?.replace('#/$defs/', '')
  return name === undefined ? row : (schema.$defs?.[name] ?? {})
}
