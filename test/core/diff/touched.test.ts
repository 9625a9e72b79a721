import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { parseConfiguration } from '../../../src/core/config/configuration.ts'
import { touchedClusters } from '../../../src/core/diff/touched.ts'
import { guaranteed } from '../../../src/core/parsed.ts'

const configuration = guaranteed(
  parseConfiguration('version: 1\nclusters:\n  staging: { path: clusters/staging }\n  live: { path: clusters/live }\n'),
)
const wholeRepository = guaranteed(parseConfiguration('version: 1\n'))

suite('touchedClusters', () => {
  const rows: readonly [name: string, paths: readonly string[], complete: boolean, expected: readonly string[]][] = [
    ['finds the cluster of a file', ['clusters/live/web.yaml'], true, ['live']],
    ['keeps the order of the configuration', ['clusters/live/a', 'clusters/staging/b'], true, ['staging', 'live']],
    ['takes no folder whose name begins alike', ['clusters/live-2/web.yaml', 'README.md'], true, []],
    ['takes all where files are missing in the list', ['README.md'], false, ['staging', 'live']],
  ]
  for (const [name, paths, complete, expected] of rows) {
    test(name, () => assert.deepEqual(touchedClusters(configuration, { paths, complete }), expected))
  }
  test('leaves .github alone where the cluster is the whole repository', () => {
    const touched = (path: string) => touchedClusters(wholeRepository, { paths: [path], complete: true })
    assert.deepEqual([touched('.github/workflows/ci.yaml'), touched('web.yaml')], [[], ['default']])
  })
})
