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
    const { release, clusters, pullRequests } = valueOf('version: 1')
    const properties = schema.$defs?.['release']?.properties ?? {}
    const written = Object.fromEntries(Object.entries(properties).map(([key, row]) => [key, row.default]))
    assert.deepEqual(written, {
      merge: release.merge,
      'merge-method': release.mergeMethod,
      checks: release.checks,
      group: release.group,
      'minimum-age': `${release.minimumAgeMs}m`,
      freeze: release.freeze,
      window: undefined,
      'max-open': release.maxOpen,
      ignore: undefined,
    })
    const { labels, reviewers, commitPrefix } = pullRequests
    const ofPulls = Object.entries(schema.properties?.['pull-requests']?.properties ?? {})
    assert.deepEqual(Object.fromEntries(ofPulls.map(([key, row]) => [key, row.default])), {
      labels,
      reviewers,
      'commit-prefix': commitPrefix,
    })
    const ofWindow = properties['window']?.properties ?? {}
    const [days, hours, zone] = ['days', 'hours', 'zone'].map((key) => String(ofWindow[key]?.default))
    const window = `{ days: ${days}, hours: '${hours}', zone: ${zone} }`
    assert.deepEqual(
      valueOf(`version: 1\nrelease: { window: ${window} }`).release.window,
      valueOf('version: 1\nrelease: { window: {} }').release.window,
    )
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
    'version: 1\nrelease: { merge: commit, group: all, max-open: 100 }',
    ...['0m', '90m', '2h', '90d'].map((age) => `version: 1\nrelease: { minimum-age: ${age} }`),
    ...[
      '[]',
      '[{ from: 2026-12-20, to: 2027-01-06, reason: holidays }]',
      '[{ from: 2028-02-29, to: 2028-02-29 }]',
      '[{ from: "2026-12-20T00:00:00+14:00", to: "2026-12-20T00:00:00.5Z" }]',
    ].map((freeze) => `version: 1\nrelease: { freeze: ${freeze} }`),
    ...[
      '{}',
      '{ days: mon-thu, hours: 08:00-16:00, zone: Europe/Berlin }',
      '{ days: "sat,sun" }',
      '{ days: "fri-mon , wed" }',
      '{ hours: 22:00-04:00, zone: UTC }',
      '{ hours: 00:00-24:00 }',
    ].map((window) => `version: 1\nrelease: { window: ${window} }`),
    ...['[]', '[a]', '["**"]', '[clusters/*/legacy/**]', '["a b/é?.yaml"]', '[a/.b/..c]', '["**/**/**"]'].flatMap(
      (paths) => [
        `version: 1\nrelease: { ignore: ${paths} }`,
        `version: 1\nimages: [{ match: a, policy: b, files: ${paths} }]`,
      ],
    ),
    ...['{}', '{ labels: [release, "kind/🚀 up"] }', '{ reviewers: [alice, a-b_c, team:plat-form] }']
      .concat(['{ commit-prefix: "" }', '{ commit-prefix: "chore(release): " }'])
      .map((rules) => `version: 1\npull-requests: ${rules}`),
    ...['[]', '[{ match: nginx, policy: "semver:~1.2" }]', '[{ match: "eu.gcr.io/*/app", policy: main-* }]']
      .concat(['[{ match: "localhost:5000/*", policy: "*", clusters: [default] }]'])
      .map((images) => `version: 1\nimages: ${images}`),
    ...['{}', '{ budget: 0 }', '{ budget: 1000 }', '{ budget: 10.0 }'].map(
      (prune) => `version: 1\nclusters: { a: { path: a, prune: ${prune} } }`,
    ),
    'version: 1\nclusters: { a-1: { path: a b/c.d/..e, agents: [], environment: é, release: { merge: auto } } }',
    `version: 1\nclusters: { a: { path: .githubber, agents: ["${key}", "${agentKey('two')} a comment"] } }`,
  ]
  const freeze = (list: string): string => `{ freeze: ${list} }`
  const window = (map: string): string => `{ window: ${map} }`
  const wrongPaths = ['a', 'null', '[1]', '[""]', '[/a]', '["a/"]', '[./a]', '[../a]', '[a/../b]', '["a//b"]']
    .concat(['["!a"]', '["a.{b,c}"]', '["[ab]"]', '["+(a|b)"]', '["a\\\\b"]', '["a\\nb"]', '[" a"]', '["*/*/*/*"]'])
    .concat(['["a****?*?b"]', '["**/*?*"]', `["${'a'.repeat(129)}"]`, '["\\"a\\""]'])
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
      '{ merge: always }',
      '{ merge: true }',
      '{ merge-method: fast-forward }',
      '{ checks: null }',
      '{ group: cluster }',
      ...['2', '2h30m', '"2 h"', '1w', '-1h', '2H', 'null', '""', '1000000m'].map((age) => `{ minimum-age: ${age} }`),
      ...['0', '-1', '101', '1.5', '"10"', 'null'].map((most) => `{ max-open: ${most} }`),
      ...['{}', 'null', '[{}]', '[{ from: 2026-12-20 }]', '[{ from: 2026-12-20, to: never }]'].map(freeze),
      ...['2026-12-32', '2026-13-01', '2026-1-1', '20261220', '2026-12-20T10:00:00', '2026-12-20T24:00:00Z', '2026']
        .concat(['2026-12-20T10:00Z', ' 2026-12-20', '2026-12-20 10:00:00Z', '2026-12-20T10:00:00+24:00'])
        .map((to) => freeze(`[{ from: 2026-12-19, to: "${to}" }]`)),
      freeze('[{ from: 2026-12-20, to: 2026-12-21, reason: "" }]'),
      freeze('[{ from: 2026-12-20, to: 2026-12-21, reason: "a\\nb" }]'),
      freeze('[{ from: 2026-12-20, to: 2026-12-21, why: x }]'),
      ...['null', '[]', '{ days: [mon] }', '{ days: monday }', '{ days: Mon }', '{ days: mon- }', '{ days: "" }'].map(
        window,
      ),
      ...['{ days: mon-tue-wed }', '{ days: "mon,,tue" }', '{ days: "mon tue" }', '{ days: 1 }', '{ day: mon }'].map(
        window,
      ),
      ...['8:00-16:00', '08:00', '08:00-25:00', '24:00-08:00', '08:00-24:01', '08:60-09:00', '08:00 - 16:00', ''].map(
        (hours) => window(`{ hours: "${hours}" }`),
      ),
      ...['""', '"+01:00"', '1', '"Europe/ Berlin"'].map((zone) => window(`{ zone: ${zone} }`)),
      ...wrongPaths.map((paths) => `{ ignore: ${paths} }`),
    ]
      .concat(['{ mergeMethod: squash }', '{ merge: [auto] }'])
      .flatMap((release) => [
        `version: 1\nrelease: ${release}`,
        `version: 1\nclusters: { a: { path: a, release: ${release} } }`,
      ]),
    ...[
      'null',
      '[]',
      '{ labels: release }',
      '{ labels: [""] }',
      '{ labels: ["a,b"] }',
      '{ labels: [" a"] }',
      '{ label: a }',
    ]
      .concat([`{ labels: ["${'a'.repeat(51)}"] }`, '{ labels: ["a\\nb"] }', '{ labels: [1] }', '{ reviewers: [a b] }'])
      .concat(['{ reviewers: ["@alice"] }', '{ reviewers: ["team:"] }', '{ reviewers: ["team:acme/platform"] }'])
      .concat(['{ reviewers: ["team:Platform"] }', `{ reviewers: [${'a'.repeat(40)}] }`, '{ reviewers: [-a] }'])
      .concat([`{ commit-prefix: "${'a'.repeat(61)}" }`, '{ commit-prefix: " a" }', '{ commit-prefix: "a\\nb" }'])
      .concat(['{ commit-prefix: null }', `{ reviewers: [${'a,'.repeat(16)}] }`])
      .map((rules) => `version: 1\npull-requests: ${rules}`),
    ...[
      'null',
      '{}',
      '[{}]',
      '[{ match: a }]',
      '[{ policy: a }]',
      '[{ match: "", policy: a }]',
      '[{ match: a, policy: "" }]',
    ]
      .concat(['[{ match: "a:1", policy: a }]', '[{ match: "a*:1", policy: a }]', '[{ match: "[a]*", policy: a }]'])
      .concat(['[{ match: "a b*", policy: a }]', '[{ match: "A/*", policy: a }]', '[{ match: "a?", policy: a }]'])
      .concat([`[{ match: "${'*'.repeat(513)}", policy: a }]`, `[{ match: a, policy: "${'*'.repeat(513)}" }]`])
      .concat(['[{ match: a, policy: 1.2 }]', '[{ match: a, policy: a, cluster: a }]'])
      .concat(['[{ match: a, policy: a, clusters: default }]', '[{ match: a, policy: a, clusters: [A] }]'])
      .concat(wrongPaths.map((paths) => `[{ match: a, policy: a, files: ${paths} }]`))
      .map((images) => `version: 1\nimages: ${images}`),
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
