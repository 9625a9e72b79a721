import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type ClusterStatus, formatStatus } from '../../../src/core/command/status.ts'
import type { SyncReport } from '../../../src/core/sync/report.ts'
import { parseBranchName } from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
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

- last complete: \`aaaaaaa\`
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

- last complete: \`aaaaaaa\`
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

- no commit is known to have been applied in full
- syncs \`ccccccc\` now`,
    )
  })

  const main = guaranteed(parseBranchName('main'))
  const tips: readonly (readonly [name: string, override: Partial<ClusterStatus>, line: RegExp | undefined])[] = [
    ['is named where the cluster is not there yet', {}, /- ⏳ `main` is at `bbbbbbb`, production is not there yet\n/],
    ['is not named where it is there', { tip: { branch: main, head: commit('a') } }, undefined],
    [
      'is not compared with an agent that follows another branch',
      { state: { version: '1', path: '.', branch: guaranteed(parseBranchName('live')) } },
      undefined,
    ],
  ]
  for (const [name, override, line] of tips) {
    test(`the head of the branch ${name}`, () => {
      const text = formatStatus([status({ tip: { branch: main, head: commit('b') }, ...override })])
      if (line === undefined) assert.doesNotMatch(text, /is not there yet/)
      else assert.match(text, line)
    })
  }

  test('names the last complete commit that is kept, when the agent was started anew', () => {
    const anew = status({ state: { version: '1', path: '.' }, keptFull: commit('d') })
    assert.match(formatStatus([anew]), /- last complete: `ddddddd`$/)
  })

  test('says first what keeps the agent from working', () => {
    const trouble = { since: '2026-11-22T12:00:00.000Z', says: 'git cannot be read', help: 'renew the key' }
    const stuck = status({ state: { version: '1', path: '.', trouble } })
    assert.match(
      formatStatus([stuck]),
      /connected\n\n- ❌ since 2026-11-22 12:00 UTC: git cannot be read \(renew the key\)\n/,
    )
  })

  test('shortens what is wrong, and not what to do', () => {
    const help = 'give the agent the role that the chart makes, and look again'
    const refused = status({}, { problems: [{ message: 'x'.repeat(500), help, turn: 'operator' }] })
    assert.match(formatStatus([refused]), /xxx… \(give the agent the role that the chart makes, and look again\)/)
  })

  test('fits a comment five times, whatever agents say, and leaves no single cluster out', () => {
    const long = '<@`'.repeat(5000)
    const flood = status(
      {},
      {
        problems: Array.from({ length: 50 }, () => ({
          message: long,
          help: long,
          object: long,
          turn: 'time' as const,
        })),
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
