import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type ClusterStatus, formatStatus } from '../../../src/core/command/status.ts'
import type { SyncReport } from '../../../src/core/sync/report.ts'
import { cluster, commit } from '../../support/facts.ts'

const none = { applied: 0, corrected: 0, unchanged: 0, pruned: 0, waiting: 0, skipped: 0, failed: 0 }

const report: SyncReport = {
  commit: commit('a'),
  result: 'full',
  trigger: 'hint',
  startedAt: '2026-11-22T12:00:00.000Z',
  finishedAt: '2026-11-22T12:00:03.000Z',
  counts: { ...none, applied: 3, unchanged: 20 },
  problems: [],
  moreProblems: 0,
  drift: [],
  heldPrunes: [],
}

const status = (override: Partial<ClusterStatus> = {}, last: Partial<SyncReport> = {}): ClusterStatus => ({
  cluster,
  agent: { kind: 'connected' },
  state: { version: '1.0.0', path: 'clusters/production', lastFull: commit('a'), lastReport: { ...report, ...last } },
  ...override,
})

suite('formatStatus', () => {
  test('says what a healthy cluster runs', () => {
    assert.equal(
      formatStatus([status()]),
      `**production**: 🟢 its agent is connected

- looks like \`aaaaaaa\`
- last sync: ✅ complete, of \`aaaaaaa\` at 2026-11-22 12:00 UTC: 3 applied, 20 unchanged`,
    )
  })

  test('says of an agent that is away what it said last', () => {
    const away = status(
      {
        agent: { kind: 'offline', since: '2026-11-22T13:00:00Z' },
      },
      {
        commit: commit('b'),
        result: 'partial',
        counts: { ...none, failed: 7 },
        problems: Array.from({ length: 6 }, (_, index) => ({
          message: `refused ${index}`,
          object: 'apps/Deployment demo/web',
          turn: 'author',
        })),
        moreProblems: 1,
        drift: [{ object: 'ConfigMap demo/a', managers: ['kubectl-edit'] }],
        heldPrunes: [{ object: 'Namespace old', because: 'it is <protected>' }],
      },
    )
    assert.equal(
      formatStatus([away]),
      `**production**: 🔴 its agent is offline since 2026-11-22 13:00 UTC

- looks like \`aaaaaaa\`
- last sync: ⚠️ partial, of \`bbbbbbb\` at 2026-11-22 12:00 UTC: 7 failed
- problems:
  - \`apps/Deployment demo/web\`: refused 0
  - \`apps/Deployment demo/web\`: refused 1
  - \`apps/Deployment demo/web\`: refused 2
  - \`apps/Deployment demo/web\`: refused 3
  - \`apps/Deployment demo/web\`: refused 4
  - … and 2 more
- put back, though git had not changed:
  - \`ConfigMap demo/a\`, changed by kubectl-edit
- not in git any more, and left:
  - \`Namespace old\`: it is \\<protected\\>`,
    )
  })

  test('says that nothing is known', () => {
    const { state: _state, ...unknown } = status()
    assert.equal(
      formatStatus([
        { ...unknown, agent: { kind: 'none' } },
        { ...unknown, agent: { kind: 'offline' } },
      ]),
      '**production**: ⚪ it has no agent\n\n**production**: 🔴 its agent has never connected',
    )
  })

  test('says what is synced now, and that nothing was complete yet', () => {
    const starting = status({ state: { version: '1', path: '.', syncing: commit('c') } })
    assert.equal(
      formatStatus([starting]),
      `**production**: 🟢 its agent is connected

- no commit was applied in full yet
- syncs \`ccccccc\` now`,
    )
  })

  test('fits a comment five times, whatever agents say, and leaves no single cluster out', () => {
    const long = '<@`'.repeat(5000)
    const flood = status(
      {},
      {
        problems: Array.from({ length: 50 }, () => ({ message: long, object: long, turn: 'time' as const })),
        drift: Array.from({ length: 20 }, () => ({ object: long, managers: [long] })),
        heldPrunes: Array.from({ length: 50 }, () => ({ object: long, because: long })),
      },
    )
    assert.match(formatStatus([flood]), /^\*\*production\*\*.*and 45 more$/su)
    const all = formatStatus(Array.from({ length: 50 }, () => flood))
    assert.ok(all.length < 13_000)
    assert.match(all, /… and 49 more; ask for one/)
  })
})
