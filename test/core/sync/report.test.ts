import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Outcome, type SyncOutcome, assembleReport, isComplete, resultOf } from '../../../src/core/sync/outcome.ts'
import { parseSyncReport } from '../../../src/core/sync/parse-report.ts'
import type { SyncProblem, SyncReport } from '../../../src/core/sync/report.ts'
import { commit, file, idOf } from './objects.ts'

const web = idOf('Deployment', 'web', { group: 'apps' })
const problem: SyncProblem = { message: 'wrong', turn: 'author', at: { file, line: 3, column: 1 } }
const applied: Outcome = { id: web, result: 'applied' }
const failed: Outcome = { id: web, result: 'failed', problem: { ...problem, object: 'apps/Deployment demo/web' } }
const waits: SyncProblem = { message: 'it is being deleted', turn: 'time', object: 'apps/Deployment demo/web' }
const waiting: Outcome = { id: web, result: 'waiting', problem: waits }
const corrected: Outcome = { id: web, result: 'corrected', managers: ['kubectl-edit'] }

function outcome(changes: Partial<SyncOutcome> = {}): SyncOutcome {
  return {
    commit,
    trigger: 'hint',
    startedAt: '2026-11-22T21:00:00.000Z',
    finishedAt: '2026-11-22T21:00:01Z',
    outcomes: [applied],
    problems: [],
    pruned: 0,
    held: [],
    ...changes,
  }
}

const results: Readonly<Record<string, readonly [Partial<SyncOutcome>, SyncReport['result']]>> = {
  'full when everything was applied': [{}, 'full'],
  'full when there was nothing to apply': [{ outcomes: [] }, 'full'],
  'full with what a person has suspended': [{ outcomes: [applied, { id: web, result: 'skipped' }] }, 'full'],
  'full with what was corrected': [{ outcomes: [corrected] }, 'full'],
  'full while a deletion is held': [{ held: [{ id: web, because: 'x' }] }, 'full'],
  'partial when one object failed': [{ outcomes: [applied, failed] }, 'partial'],
  'partial when one object waits': [{ outcomes: [applied, waiting] }, 'partial'],
  'partial when all wait': [{ outcomes: [waiting] }, 'partial'],
  'partial when a file could not be read': [{ problems: [problem] }, 'partial'],
  'failed when every object failed': [{ outcomes: [failed, failed] }, 'failed'],
  'failed when no file could be read': [{ outcomes: [], problems: [problem] }, 'failed'],
  'failed when something stopped it': [{ stopped: { kind: 'failed' } }, 'failed'],
  'suspended when a person asked for it': [{ stopped: { kind: 'suspended' } }, 'suspended'],
}

for (const [name, [changes, expected]] of Object.entries(results)) {
  test(`resultOf is ${name}`, () => assert.equal(resultOf(outcome(changes)), expected))
}

test('assembleReport counts what could not even be read as failed', () => {
  const { counts } = assembleReport(outcome({ outcomes: [applied, failed], problems: [problem, problem], unread: 2 }))
  assert.deepEqual([counts.applied, counts.failed], [1, 3])
})

test('isComplete is what a full result and a prune ask for', () => {
  assert.equal(isComplete([applied, { id: web, result: 'skipped' }], []), true)
  assert.equal(isComplete([applied, waiting], []), false)
  assert.equal(isComplete([applied], [problem]), false)
})

test('assembleReport tells it all', () => {
  const outcomes = [applied, corrected, failed, waiting, ...(['unchanged', 'skipped'] as const).map(one)]
  const held = [{ id: web, because: 'its kind is protected' }]
  assert.deepEqual(assembleReport(outcome({ outcomes, held, pruned: 2, problems: [problem] })), {
    commit,
    result: 'partial',
    trigger: 'hint',
    startedAt: '2026-11-22T21:00:00.000Z',
    finishedAt: '2026-11-22T21:00:01Z',
    counts: { applied: 1, corrected: 1, unchanged: 1, pruned: 2, waiting: 1, skipped: 1, failed: 1 },
    problems: [problem, { ...problem, object: 'apps/Deployment demo/web' }, waits],
    moreProblems: 0,
    drift: [{ object: 'apps/Deployment demo/web', managers: ['kubectl-edit'] }],
    heldPrunes: [{ object: 'apps/Deployment demo/web', because: 'its kind is protected' }],
  } satisfies SyncReport)
})

test('assembleReport keeps within its limits, and says what it left out', () => {
  const long = `${'x'.repeat(998)}😀${'y'.repeat(10_000)}`
  const report = assembleReport(
    outcome({
      problems: Array.from({ length: 70 }, () => ({ ...problem, message: long, help: long })),
      outcomes: Array.from({ length: 70 }, () => ({ ...corrected, managers: Array<string>(9).fill(long) })),
      held: Array.from({ length: 70 }, () => ({ id: web, because: long })),
    }),
  )
  assert.deepEqual([report.problems.length, report.moreProblems, report.drift.length], [50, 20, 20])
  assert.ok(report.heldPrunes.length <= 50)
  for (const text of textsIn(report)) assert.ok(text.length <= 1000 && text.isWellFormed())
  assert.deepEqual(parseSyncReport(JSON.parse(JSON.stringify(report))), { ok: true, value: report })
})

for (const [what, character] of [
  ['letters of three bytes', '漢'],
  ['pairs of four bytes', '😀'],
  ['control characters', '\u0001'],
  ['quotes', '"'],
] as const) {
  test(`assembleReport fits a message of the link, also with long texts of ${what}`, () => {
    const long = character.repeat(5000)
    const id = idOf('Deployment', long, { group: 'apps' })
    const told = assembleReport(
      outcome({
        problems: Array.from({ length: 70 }, () => ({
          message: long,
          help: long,
          object: long,
          at: { file: long, line: 3, column: 1 },
          turn: 'author',
        })),
        outcomes: Array.from({ length: 70 }, () => ({ ...corrected, id, managers: Array<string>(9).fill(long) })),
        held: Array.from({ length: 70 }, () => ({ id, because: long })),
      }),
    )
    assert.ok(Buffer.byteLength(JSON.stringify(told)) <= 1_000_000)
    assert.deepEqual(parseSyncReport(JSON.parse(JSON.stringify(told))), { ok: true, value: told })
    for (const text of textsIn(told)) assert.ok(text.isWellFormed())
  })
}

const report = assembleReport(
  outcome({ outcomes: [corrected, failed], held: [{ id: web, because: 'x' }], problems: [problem] }),
)

test('parseSyncReport reads what assembleReport wrote', () => {
  assert.deepEqual(parseSyncReport(JSON.parse(JSON.stringify(report))), { ok: true, value: report })
})

test('parseSyncReport takes nothing along that is not in a report', () => {
  const [first] = report.problems
  const more = { ...report, extra: 1, problems: [{ ...first, html: '<b>' }], counts: { ...report.counts, more: 1 } }
  assert.deepEqual(parseSyncReport(more), { ok: true, value: { ...report, problems: [first] } })
})

test('parseSyncReport is not fooled by keys of prototypes', () => {
  const text = JSON.stringify(report).replace('{', '{"__proto__":{"result":"full"},"constructor":1,')
  const read = parseSyncReport(JSON.parse(text))
  assert.deepEqual(read, { ok: true, value: report })
  assert.equal(parseSyncReport(JSON.parse('{"__proto__":{"commit":"x"}}')).ok, false)
})

test('parseSyncReport cuts what is too long', () => {
  const read = parseSyncReport({ ...report, problems: [{ message: 'x'.repeat(5000), turn: 'time' }] })
  assert.ok(read.ok)
  assert.equal(read.value.problems[0]?.message.length, 1000)
})

const wrong: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  null: null,
  'a list': [],
  'a text': 'full',
  'an empty object': {},
  'a commit that is none': { ...report, commit: 'main' },
  'a result that is none': { ...report, result: 'toString' },
  'a trigger that is none': { ...report, trigger: 1 },
  'a time that is none': { ...report, startedAt: 'yesterday' },
  'a time with more behind it': { ...report, finishedAt: '2026-11-22T21:00:01Z](x)' },
  'a count below 0': { ...report, counts: { ...report.counts, applied: -1 } },
  'a count that is no number': { ...report, counts: { ...report.counts, failed: '1' } },
  'a count that is missing': { ...report, counts: { applied: 1 } },
  'too many problems': { ...report, problems: Array(51).fill(problem) },
  'a problem without a turn': { ...report, problems: [{ message: 'x' }] },
  'a problem at a place that is none': { ...report, problems: [{ ...problem, at: { line: -1, column: 1 } }] },
  'a drift without managers': { ...report, drift: [{ object: 'x' }] },
  'a held prune that is none': { ...report, heldPrunes: ['x'] },
}

for (const [name, json] of Object.entries(wrong)) {
  test(`parseSyncReport refuses ${name}`, () => assert.equal(parseSyncReport(json).ok, false))
}

test('parseSyncReport never throws', () => {
  fc.assert(fc.property(fc.jsonValue(), (json) => !parseSyncReport(json).ok))
  const keys = Object.keys(report)
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.anything(), (key, value) => {
      parseSyncReport({ ...report, [key]: value })
    }),
  )
})

function one(result: 'unchanged' | 'skipped'): Outcome {
  return { id: web, result }
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
