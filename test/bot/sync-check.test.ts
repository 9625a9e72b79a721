import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  deploymentDescription,
  deploymentState,
  failureComment,
  formatFailureMarker,
  parseFailureMarker,
  reportDigest,
  syncCheck,
} from '../../src/bot/journeys/sync-check.ts'
import { parseClusterName, parseCommitSha } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import type { SyncProblem, SyncReport } from '../../src/core/sync/report.ts'
import { report } from './agent-ground.ts'

const commit = guaranteed(parseCommitSha('a'.repeat(40)))
const cluster = guaranteed(parseClusterName('production'))
const passing: SyncProblem = { message: 'the webhook does not answer', turn: 'time' }
const lasting: SyncProblem = { message: 'not allowed', turn: 'operator' }
const waiting = { ...report(commit).counts, waiting: 1 }
const of = (override: Partial<SyncReport>): SyncReport => report(commit, override)

const states: readonly (readonly [name: string, report: SyncReport, state: string, conclusion: string | undefined])[] =
  [
    ['all of it applied is a success', of({}), 'success', 'success'],
    ['a standstill waits for a person', of({ result: 'suspended' }), 'queued', 'neutral'],
    ['what the author has to mend is a failure', of({ result: 'partial', problems: [lasting] }), 'failure', 'failure'],
    ['what passes by itself is in progress', of({ result: 'partial', problems: [passing] }), 'in_progress', undefined],
    [
      'an API server that is away is in progress',
      of({ result: 'failed', problems: [passing] }),
      'in_progress',
      undefined,
    ],
    [
      'git that cannot be read is nothing against the commit',
      of({ result: 'partial', problems: [{ ...lasting, about: 'git' }] }),
      'success',
      'success',
    ],
    [
      'but beside another problem the other counts',
      of({ result: 'partial', problems: [{ ...lasting, about: 'git' }, lasting] }),
      'failure',
      'failure',
    ],
    ['objects that wait are in progress', of({ result: 'partial', counts: waiting }), 'in_progress', undefined],
    ['a failure that nobody explains is one', of({ result: 'failed' }), 'failure', 'failure'],
    [
      'what is not shown may be the author’s',
      of({ result: 'partial', problems: [passing], moreProblems: 1 }),
      'failure',
      'failure',
    ],
  ]

describe('the state of a deployment:', () => {
  for (const [name, told, state, conclusion] of states) {
    test(name, () => assert.deepEqual([deploymentState(told), syncCheck(told).conclusion], [state, conclusion]))
  }
})

test('reportDigest is the same for a report that says nothing new', () => {
  const later = of({ trigger: 'timer', finishedAt: '2026-11-22T13:00:00.000Z', counts: waiting })
  assert.equal(reportDigest(later), reportDigest(of({})))
  assert.notEqual(reportDigest(of({ problems: [passing] })), reportDigest(of({})))
  const failed = (object: string, port: number) =>
    reportDigest(of({ problems: [{ ...passing, object, message: `read tcp 10.0.0.3:${port}: connection reset` }] }))
  assert.equal(failed('apps/Deployment demo/web-1', 41234), failed('apps/Deployment demo/web-1', 50321))
  assert.notEqual(failed('apps/Deployment demo/web-1', 41234), failed('apps/Deployment demo/web-2', 41234))
})

test('syncCheck points at files of the commit only', () => {
  const places = [
    { file: 'clusters/production/a.yaml', line: 3, column: 1 },
    { file: '../etc/passwd', line: 1, column: 1 },
    { file: 'clusters/production/a.yaml', line: 0, column: 0 },
    { line: 2, column: 2 },
  ]
  const { annotations } = syncCheck(of({ result: 'partial', problems: places.map((at) => ({ ...lasting, at })) }))
  assert.deepEqual(annotations, [
    { path: 'clusters/production/a.yaml', line: 3, level: 'failure', message: 'not allowed' },
  ])
})

test('an annotation is cut between characters, not within one', () => {
  const at = { file: 'clusters/production/a.yaml', line: 3, column: 1 }
  const [annotation] =
    syncCheck(of({ result: 'partial', problems: [{ ...lasting, message: `x${'😀'.repeat(500)}`, at }] })).annotations ??
    []
  assert.equal(annotation?.message.isWellFormed(), true)
})

test('nothing that an agent says becomes a mention, a link or one of our markers', () => {
  const hostile = {
    message: '@acme [x](http://evil) <!-- lotse:sync-failed',
    object: '`@acme`',
    turn: 'author',
  } as const
  const told = of({ result: 'failed', problems: [hostile], heldPrunes: [{ object: '@acme', because: '@acme' }] })
  const texts = [syncCheck(told).summary, failureComment(cluster, told).split('\n').slice(1).join('\n')]
  for (const text of texts) assert.doesNotMatch(text, /(?<!`)@acme\b(?!`)|\[x\]\(http|<!--/)
  assert.doesNotMatch(deploymentDescription(told), /@acme/)
})

test('what many objects say at length is cut to what GitHub takes, and the rest counted', () => {
  const words = 'Invalid value: "a_b|c": must match [-._a-zA-Z][-._a-zA-Z0-9]* '.repeat(20)
  const object = `apps/Deployment demo/${'a_b'.repeat(80)}`
  const problems = Array.from({ length: 50 }, (): SyncProblem => ({ ...lasting, message: words, object }))
  const heldPrunes = problems.map(() => ({ object, because: words }))
  const told = of({ result: 'partial', problems, moreProblems: 7, heldPrunes })
  const { summary } = syncCheck(told)
  assert.ok(summary.length <= 65_535, `${summary.length}`)
  const [failed = '', held = ''] = summary.split('Not in git any more')
  for (const [text, total] of [
    [failed, 57],
    [held, 50],
  ] as const) {
    const others = Number(/^- … and (\d+) more$/m.exec(text)?.[1])
    assert.equal((text.match(/^- `/gm) ?? []).length + others, total)
  }
  assert.ok(failureComment(cluster, told).length <= 65_536)
})

test('the mark of a failure comes back as it was written, and only from its first line', () => {
  const text = formatFailureMarker({ cluster, commit })
  assert.deepEqual(parseFailureMarker(`${text}\nmore`), { cluster, commit })
  assert.equal(parseFailureMarker(`more\n${text}`), undefined)
})
