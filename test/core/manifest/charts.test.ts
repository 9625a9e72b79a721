import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chartFiles } from '../../../src/core/manifest/charts.ts'

test('chartFiles tells what is at or below a Chart.yaml', () => {
  const files = [
    'charts/web/Chart.yaml',
    'charts/web/values.yaml',
    'charts/web/templates/deep/web.yaml',
    'charts/web-2/web.yaml',
    'charts/Chart.yaml.d/web.yaml',
    'charts/web.yaml',
    'web.yaml',
  ]
  assert.deepEqual(files.filter(chartFiles(files)), files.slice(0, 3))
})

test('chartFiles tells everything where the whole repository is a chart', () => {
  const files = ['Chart.yaml', 'a/b.yaml', 'c.yaml']
  assert.deepEqual(files.filter(chartFiles(files)), files)
})

test('chartFiles tells nothing where there is no chart', () => {
  const files = ['a/b.yaml', 'MyChart.yaml', 'a/chart.yaml']
  assert.deepEqual(files.filter(chartFiles(files)), [])
})
