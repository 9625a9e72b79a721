import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Pace, type PaceFacts, paceEdit } from '../../../src/core/release/pace.ts'

const nowMs = 1_000_000
const facts = (override: Partial<PaceFacts>): PaceFacts => ({
  nowMs,
  editedMs: nowMs - 5_000,
  wantedSinceMs: nowMs,
  ...override,
})
const write: Pace = { do: 'write' }
const waitFor = (ms: number): Pace => ({ do: 'wait', untilMs: nowMs + ms })

const table: readonly (readonly [string, Partial<PaceFacts>, Pace])[] = [
  ['writes the first edit at once', { editedMs: undefined }, write],
  ['writes the first edit in a minute at once', { editedMs: nowMs - 60_000 }, write],
  ['waits for quiet after an edit', {}, waitFor(15_000)],
  ['waits for what is left of the quiet', { wantedSinceMs: nowMs - 4_000 }, waitFor(11_000)],
  ['writes after 15 s of quiet', { wantedSinceMs: nowMs - 15_000, editedMs: nowMs - 20_000 }, write],
  ['writes a minute after the last edit, quiet or not', { editedMs: nowMs - 50_000 }, waitFor(10_000)],
  ['writes what waited longer than it had to', { wantedSinceMs: nowMs - 40_000, editedMs: nowMs - 55_000 }, write],
  ['does not wait for a clock that was set back', { editedMs: nowMs + 3_600_000 }, write],
  ['does not wait for a wish from the future', { wantedSinceMs: nowMs + 1 }, write],
]

for (const [name, override, expected] of table) {
  test(`paceEdit ${name}`, () => {
    assert.deepEqual(paceEdit(facts(override)), expected)
  })
}

test('paceEdit is never more than a minute late, and says the moment at which it writes', () => {
  const times = fc.record({ editedAgo: fc.nat(100_000), wantedAgo: fc.nat(100_000) })
  fc.assert(
    fc.property(times, ({ editedAgo, wantedAgo }) => {
      const now = facts({ editedMs: nowMs - editedAgo, wantedSinceMs: nowMs - wantedAgo })
      const pace = paceEdit(now)
      if (pace.do === 'write') return
      assert.ok(pace.untilMs > nowMs && pace.untilMs <= nowMs + 60_000)
      assert.deepEqual(paceEdit({ ...now, nowMs: pace.untilMs }), write)
      assert.equal(paceEdit({ ...now, nowMs: pace.untilMs - 1 }).do, 'wait')
    }),
  )
})

/** When a pull request is edited, if the plan wants something new at each of these moments. */
function edits(wishes: readonly number[]): readonly number[] {
  const edited: number[] = []
  let wantedSinceMs: number | undefined
  for (let now = 0; now <= (wishes.at(-1) ?? 0) + 60_000; now += 100) {
    if (wishes.includes(now)) wantedSinceMs = now
    if (wantedSinceMs === undefined) continue
    if (paceEdit({ nowMs: now, editedMs: edited.at(-1), wantedSinceMs }).do === 'wait') continue
    edited.push(now)
    wantedSinceMs = undefined
  }
  return edited
}

const every = (ms: number, count: number): readonly number[] => Array.from({ length: count }, (_, i) => (i + 1) * ms)

test('50 tags in a minute are two edits, the last one with the newest', () => {
  assert.deepEqual(edits(every(1_200, 49)), [1_200, 61_200])
})

test('tags without end are an edit a minute', () => {
  assert.deepEqual(edits(every(10_000, 30)).length, 6)
})

test('tags that come alone are written at once, each', () => {
  assert.deepEqual(edits(every(61_000, 4)), every(61_000, 4))
})
