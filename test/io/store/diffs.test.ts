import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { parseConfiguration } from '../../../src/core/config/configuration.ts'
import type { DiffProblem } from '../../../src/core/diff/live-diff.ts'
import { parseClusterName, parseCommentId } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { createKey } from '../../../src/io/agent-link/keys.ts'
import {
  type SeenPull,
  doubtPull,
  forgetDiffResult,
  forgetPull,
  keepDiffResult,
  keepLiveDiff,
  keepSeenPull,
  pullsOfHead,
  readDiffPull,
  readLiveDiffs,
  settlePull,
  settledHeads,
  unansweredPulls,
  unsettlePull,
} from '../../../src/io/store/diffs.ts'
import { keepRepositoryReading, knowRepository } from '../../../src/io/store/repositories.ts'
import { commit, gitops, openMigrated, path, pullNumber, repoId } from './migrated.ts'

const database = await openMigrated()
const pull = { repository: repoId(11), number: pullNumber(3) }
const cluster = guaranteed(parseClusterName('production'))
const [base, head] = [commit('a'), commit('b')]
const failed = { kind: 'failed', because: 'no git' } as const
const seen: SeenPull = {
  head,
  base,
  fromFork: false,
  authorMayWrite: 'unknown',
  touched: [path('clusters/production/a.yaml')],
  complete: true,
  required: [cluster],
}

beforeEach(async () => {
  await knowRepository(database, gitops())
  const agents = `\n    agents: [${createKey().publicKey}]`
  const configuration = parseConfiguration(`version: 1\nclusters:\n  production:\n    path: here${agents}\n`)
  await keepRepositoryReading(database, pull.repository, { head: commit('c'), doubts: 0, configuration, files: [] })
})

describe('a pull request', () => {
  test('is kept only where some cluster has an agent', async () => {
    assert.equal(await doubtPull(database, pull), true)
    const configuration = parseConfiguration('version: 1\nclusters:\n  production:\n    path: here\n')
    const reading = { head: commit('c'), doubts: 0, configuration, files: [] }
    await keepRepositoryReading(database, pull.repository, reading)
    assert.equal(await doubtPull(database, { ...pull, number: pullNumber(4) }), false)
    assert.equal(await readDiffPull(database, { ...pull, number: pullNumber(4) }), undefined)
  })

  test('comes back as it was seen, and is current once it is settled', async () => {
    await doubtPull(database, pull)
    const comment = { id: guaranteed(parseCommentId(99)), body: 'so' }
    await keepSeenPull(database, pull, { seen, comment })
    assert.deepEqual(await readDiffPull(database, pull), {
      doubts: 1,
      isCurrent: false,
      isSettled: false,
      seen,
      comment,
    })
    await settlePull(database, pull, 1)
    assert.equal((await readDiffPull(database, pull))?.isCurrent, true)
    assert.deepEqual(await pullsOfHead(database, pull.repository, head), [3])
    await unsettlePull(database, pull)
    assert.equal((await readDiffPull(database, pull))?.isCurrent, false)
  })

  test('that was doubted while it was looked at is not settled by that look', async () => {
    await doubtPull(database, pull)
    await keepSeenPull(database, pull, { seen, comment: undefined })
    await doubtPull(database, pull)
    await settlePull(database, pull, 1)
    assert.equal((await readDiffPull(database, pull))?.isCurrent, false)
    assert.deepEqual(await settledHeads(database, pull.repository), new Map([[pull.number, undefined]]))
    await settlePull(database, pull, 2)
    assert.deepEqual(await settledHeads(database, pull.repository), new Map([[pull.number, head]]))
  })
})

describe('an answer', () => {
  const asked = { cluster, head, base, askedAt: new Date('2026-11-22T10:00:00Z'), run: undefined }
  beforeEach(async () => {
    await doubtPull(database, pull)
    await keepLiveDiff(database, pull, asked)
  })

  test('counts only for the two commits that were asked about', async () => {
    assert.equal(await keepDiffResult(database, pull, { cluster, head: commit('d'), base, result: failed }), false)
    assert.equal(await keepDiffResult(database, pull, { cluster, head, base, result: failed }), true)
    assert.deepEqual(await readLiveDiffs(database, pull), [{ ...asked, result: failed }])
  })

  test('stays while the question stays, and goes with it', async () => {
    await keepDiffResult(database, pull, { cluster, head, base, result: failed })
    await keepLiveDiff(database, pull, asked)
    assert.deepEqual((await readLiveDiffs(database, pull))[0]?.result, failed)
    await keepLiveDiff(database, pull, { ...asked, head: commit('d') })
    assert.equal((await readLiveDiffs(database, pull))[0]?.result, undefined)
  })

  test('that is missing, failed, told in part or wanted anew is asked for again', async () => {
    const told = (...turns: readonly DiffProblem['turn'][]) => {
      const problems = turns.map((turn) => ({ message: 'no', turn }))
      const diff = { changes: [], drift: [], dangers: [], problems, unchanged: 0, omitted: 0 }
      return { cluster, head, base, result: { kind: 'diff', diff } } as const
    }
    assert.deepEqual(await unansweredPulls(database, pull.repository, cluster), [3])
    await keepDiffResult(database, pull, told('author'))
    assert.deepEqual(await unansweredPulls(database, pull.repository), [])
    await keepDiffResult(database, pull, told('author', 'time'))
    assert.deepEqual(await unansweredPulls(database, pull.repository), [3])
    await keepDiffResult(database, pull, told())
    assert.deepEqual(await unansweredPulls(database, pull.repository), [])
    await keepDiffResult(database, pull, { cluster, head, base, result: failed })
    assert.deepEqual(await unansweredPulls(database, pull.repository), [3])
    await forgetDiffResult(database, pull, cluster)
    assert.deepEqual(await readLiveDiffs(database, pull), [{ ...asked, askedAt: undefined, result: undefined }])
  })

  test('goes with its pull request', async () => {
    await forgetPull(database, pull)
    assert.deepEqual(await readLiveDiffs(database, pull), [])
    assert.equal(await keepDiffResult(database, pull, { cluster, head, base, result: failed }), false)
  })
})
