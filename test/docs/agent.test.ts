import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readObjects } from '../../src/core/manifest/kubernetes-yaml.ts'
import { parseConfiguration } from '../../src/core/config/configuration.ts'
import { jsonAt } from '../../src/core/json.ts'
import { type MetricFacts, formatMetrics } from '../../src/agent/metrics.ts'
import { agentRows } from '../../src/runtime/agent-settings-rows.ts'
import { docsRow } from './settings-text.ts'
import { codeBlocks, readDocument } from './tables.ts'

const page = readDocument('agent.md')
const rows = Object.entries(agentRows)

test('docs/agent.md has a row for each setting, and no other', () => {
  const written = page.split('\n').filter((line) => line.startsWith('| `'))
  assert.deepEqual(
    written,
    rows.map(([name, row]) => docsRow(name, row)),
  )
})

test('docs/agent.md enrols with a configuration that is understood', () => {
  const [configuration = ''] = codeBlocks(page, 'yaml')
  const read = parseConfiguration(configuration)
  assert.ok(read.ok && read.value.clusters, JSON.stringify(read))
})

test('docs/agent.md has manifests that an agent would apply', () => {
  const [, manifests = ''] = codeBlocks(page, 'yaml')
  const { objects, problems } = readObjects(manifests)
  assert.deepEqual(problems, [])
  assert.deepEqual(
    objects.map(({ object }) => object.kind),
    ['Namespace', 'ServiceAccount', 'ClusterRoleBinding', 'Deployment'],
  )
  const deployment = objects.find(({ object }) => object.kind === 'Deployment')?.object
  const env = jsonAt(deployment, 'spec', 'template', 'spec', 'containers', 0, 'env')
  assert.ok(Array.isArray(env))
  const set = env.map((one) => jsonAt(one, 'name'))
  assert.deepEqual(
    set.filter((name) => !rows.some(([known]) => known === name)),
    ['NODE_COMPILE_CACHE', 'NODE_OPTIONS'],
  )
  const missing = rows.filter(([name, row]) => 'required' in row && !set.includes(name))
  assert.deepEqual(missing, [])
})

test('docs/agent.md names metrics that there are', () => {
  const facts: MetricFacts = {
    version: '1',
    lastReport: {
      commit: 'a'.repeat(40) as NonNullable<MetricFacts['lastReport']>['commit'],
      result: 'full',
      trigger: 'start',
      startedAt: '2026-01-01T00:00:00Z',
      finishedAt: '2026-01-01T00:00:01Z',
      counts: { applied: 1, corrected: 0, unchanged: 0, pruned: 0, waiting: 0, skipped: 0, failed: 0 },
      problems: [],
      moreProblems: 0,
      drift: [],
      heldPrunes: [],
    },
    durations: new Map(),
    lastSuccess: new Date(0),
    requests: {},
    gitFetches: 0,
    gitFailures: 0,
  }
  const metrics = formatMetrics(facts)
  for (const [name] of page.matchAll(/\bagent_[a-z_]+/g)) assert.match(metrics, new RegExp(`^${name}\\b`, 'm'))
})
