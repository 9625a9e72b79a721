import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { configurationPath, configurationShape, parseConfiguration } from '../../src/core/config/configuration.ts'
import type { Shape } from '../../src/core/config/shape.ts'
import { formatProblem, guaranteed } from '../../src/core/parsed.ts'
import { codeBlocks, readDocument, rowsOf } from './tables.ts'

const page = readDocument('configuration.md')
const rows = new Map(
  rowsOf(page).map(([key = '', values, otherwise]) => [key.replaceAll('`', ''), { values, otherwise }]),
)

suite('docs/configuration.md', () => {
  test('has a row for each key, and no others', () => {
    const keys = keysOf(configurationShape)
    const ofRelease = keys.filter((key) => key.startsWith('release.'))
    const ofCluster = keys.filter((key) => key.startsWith('clusters.*.release.'))
    // One row stands for them: “the same keys”.
    assert.deepEqual(
      ofCluster,
      ofRelease.map((key) => `clusters.*.${key}`),
    )
    assert.deepEqual(
      [...rows.keys()].toSorted(),
      keys.filter((key) => !ofCluster.includes(key)),
    )
  })

  test('names the defaults of the parser', () => {
    const { release, clusters } = guaranteed(parseConfiguration('version: 1'))
    const { merge, mergeMethod, checks, group, minimumAgeMs, maxOpen } = release
    assert.deepEqual(
      ['merge', 'merge-method', 'checks', 'group', 'minimum-age', 'max-open'].map(
        (key) => rows.get(`release.${key}`)?.otherwise,
      ),
      [merge, mergeMethod, checks, group, `${minimumAgeMs}m`, maxOpen].map((value) => `\`${value}\``),
    )
    assert.deepEqual(
      Object.entries(clusters).map(([name, { path }]) => `one cluster, \`${name}\`, with \`path: ${path}\``),
      [rows.get('clusters')?.otherwise],
    )
    assert.deepEqual(
      Object.values(clusters).map(({ prune }) => `\`${prune.budget}\``),
      [rows.get('clusters.*.prune.budget')?.otherwise],
    )
  })

  for (const key of ['release.merge', 'release.merge-method', 'release.checks', 'release.group'] as const) {
    test(`names the values of ${key} that the parser takes`, () => {
      const [map, name] = key.split('.')
      for (const value of rows.get(key)?.values?.replaceAll('`', '').split(', ') ?? ['no row']) {
        guaranteed(parseConfiguration(`version: 1\n${map}: { ${name}: ${value} }`))
      }
      const refused = parseConfiguration(`version: 1\n${map}: { ${name}: other }`)
      const listed = (rows.get(key)?.values ?? '').split(', ')
      const expected = [listed.slice(0, -1).join(', '), listed.at(-1)].join(' or ')
      assert.ok(!refused.ok && refused.problems[0].message.startsWith(`expected ${expected}, got`))
    })
  }

  const examples = codeBlocks(page, 'yaml')
  for (const [index, example] of examples.entries()) {
    test(`has an example that parses: number ${index + 1} of ${examples.length}`, () => {
      assert.ok(parseConfiguration(example).ok)
    })
  }

  test('shows problems as the parser words them', () => {
    const text = 'version: 1\nclusters:\n  Prod:\n    paht: a\n    path: a\nrelease:\n  merge: auot\n'
    const result = parseConfiguration(text)
    assert.ok(!result.ok)
    const shown = result.problems.map((problem) => `${configurationPath}:${formatProblem(problem)}\n`).join('')
    assert.ok(codeBlocks(page, '').includes(shown), shown)
  })
})

function keysOf(shape: Shape<unknown>, path: readonly string[] = []): readonly string[] {
  const keys = Object.entries(shape.keys ?? {}).flatMap(([key, row]) => [
    [...path, key].join('.'),
    ...keysOf(row, [...path, key]),
  ])
  return [...keys, ...(shape.values === undefined ? [] : keysOf(shape.values, [...path, '*']))].toSorted()
}
