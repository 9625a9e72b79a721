import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Pace, nextAsk } from '../../src/bot/pushed-images.ts'

/** When each hint is asked for, given when it comes; in milliseconds. */
function askedFor(hints: readonly number[]): readonly number[] {
  let pace: Pace | undefined
  return hints.map((hint) => {
    pace = nextAsk(pace, hint)
    return Math.max(hint, pace.askedForMs)
  })
}

const rows: readonly (readonly [name: string, hints: readonly number[], asked: readonly number[]])[] = [
  ['at once for the first', [10_000], [10_000]],
  ['at once for the second', [10_000, 10_001], [10_000, 10_001]],
  ['together for all that come soon after', [0, 1, 2, 500, 1999], [0, 1, 2000, 2000, 2000]],
  ['at once for those that come now and then', [0, 2000, 4000, 6000], [0, 2000, 4000, 6000]],
  ['every two seconds while it does not end', [0, 0, 1000, 2500, 4500], [0, 0, 2000, 4000, 6000]],
  ['at once again after a pause', [0, 0, 0, 9000, 9000], [0, 0, 2000, 9000, 9000]],
]

describe('nextAsk asks', () => {
  for (const [name, hints, asked] of rows) {
    test(name, () => {
      assert.deepEqual(askedFor(hints), asked)
    })
  }

  test('never before the hint, at most a gap after it, and in ten seconds of whatever at most seven times', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { maxLength: 200 }), (unsorted) => {
        const hints = unsorted.toSorted((a, b) => a - b)
        const asked = askedFor(hints)
        for (const [index, hint] of hints.entries()) {
          const at = asked[index] ?? -1
          assert.ok(at >= hint && at <= hint + 2000, `${hint} → ${at}`)
        }
        const soFar = new Set(asked.filter((at) => at <= 10_000))
        assert.ok(soFar.size <= 7, asked.join())
      }),
      { examples: [[[0, 1, 1, 4000, 6000, 8000, 10_000, 2000]]] },
    )
  })
})
