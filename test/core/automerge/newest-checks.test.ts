import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CheckReport, newestChecks } from '../../../src/core/automerge/newest-checks.ts'

const report = (id: number | undefined, change: Partial<CheckReport> = {}): CheckReport => ({
  name: 'build',
  app: 15368,
  ours: false,
  state: 'success',
  id,
  ...change,
})

describe('newestChecks', () => {
  const rows: readonly (readonly [string, readonly CheckReport[], readonly (number | undefined)[]])[] = [
    ['keeps what is there once', [report(1)], [1]],
    ['drops the run that a re-run has replaced', [report(1, { state: 'failure' }), report(2)], [2]],
    ['does so in any order', [report(2), report(1, { state: 'failure' })], [2]],
    ['keeps checks of one name by two apps', [report(1), report(2, { app: 7 })], [1, 2]],
    ['keeps a status beside a check', [report(1), report(undefined, { app: undefined })], [1, undefined]],
  ]
  for (const [name, reports, expected] of rows) {
    test(name, () =>
      assert.deepEqual(
        newestChecks(reports).map(({ id }) => id),
        expected,
      ),
    )
  }
})
