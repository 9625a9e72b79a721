import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { parseClusterName } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import type { SyncReport } from '../../../src/core/sync/report.ts'
import { knowRepository } from '../../../src/io/store/repositories.ts'
import {
  addSync,
  isFailureTold,
  keepDeployment,
  keepToldFailure,
  readDeployment,
  readHistory,
} from '../../../src/io/store/syncs.ts'
import { commit, gitops, openMigrated, repoId } from './migrated.ts'

const database = await openMigrated()
const id = { repository: repoId(11), cluster: guaranteed(parseClusterName('production')) }

beforeEach(async () => knowRepository(database, gitops()))

const quiet = { applied: 0, corrected: 0, unchanged: 4, pruned: 0, waiting: 0, skipped: 0, failed: 0 }

function report(minute: number, override: Partial<SyncReport> = {}): SyncReport {
  const at = new Date(Date.UTC(2026, 10, 22, 0, minute)).toISOString()
  return {
    commit: commit('a'),
    result: 'full',
    trigger: 'timer',
    startedAt: at,
    finishedAt: at,
    counts: { ...quiet, applied: 1 },
    problems: [],
    moreProblems: 0,
    drift: [],
    heldPrunes: [],
    ...override,
  }
}

test('a sync is in the history once, however often it is told, newest first', async () => {
  await addSync(database, id, report(1))
  await addSync(database, id, report(2, { commit: commit('b') }))
  await addSync(database, id, report(1))
  assert.deepEqual(
    (await readHistory(database, id)).map((sync) => sync.commit),
    [commit('b'), commit('a')],
  )
})

test('a sync that changed nothing is no history, unless it is the first of its commit or ends otherwise', async () => {
  await addSync(database, id, report(1, { counts: quiet }))
  await addSync(database, id, report(2, { counts: quiet }))
  await addSync(database, id, report(3, { counts: quiet, result: 'failed' }))
  await addSync(database, id, report(4, { counts: { ...quiet, corrected: 1 }, result: 'failed' }))
  assert.deepEqual(
    (await readHistory(database, id)).map(({ result }) => result),
    ['failed', 'failed', 'full'],
  )
})

test('the history is bounded: the oldest give way', async () => {
  for (let minute = 0; minute < 105; minute++) await addSync(database, id, report(minute))
  assert.equal((await readHistory(database, id)).length, 100)
})

test('of a cluster the last that was told is known', async () => {
  assert.equal(await readDeployment(database, id), undefined)
  await keepDeployment(database, id, { id: 7, commit: commit('a'), syncing: commit('a') })
  await keepDeployment(database, id, { id: 2 ** 40, commit: commit('b'), report: 'digest' })
  assert.deepEqual(await readDeployment(database, id), {
    id: 2 ** 40,
    commit: commit('b'),
    syncing: undefined,
    report: 'digest',
  })
})

test('a failure is told once for each commit', async () => {
  await keepToldFailure(database, id, commit('a'))
  await keepToldFailure(database, id, commit('a'))
  assert.equal(await isFailureTold(database, id, commit('a')), true)
  assert.equal(await isFailureTold(database, id, commit('b')), false)
})
