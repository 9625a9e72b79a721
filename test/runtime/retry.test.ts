import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Transient } from '../../src/core/transient.ts'
import { UserError } from '../../src/core/user-error.ts'
import { ContentLimit } from '../../src/io/github/content-limit.ts'
import { GitHubUnavailable } from '../../src/io/github/errors.ts'
import { RegistryUnavailable } from '../../src/io/registry/unavailable.ts'
import { decideAfterFailure, type FailedTry } from '../../src/runtime/job-outcome.ts'
import { retryDelayMs } from '../../src/runtime/retry.ts'

const backoff = { firstMs: 1000, mostMs: 60_000 }
const limits = { tries: 3, backoff }

const delays: readonly (readonly [name: string, tries: number, error: unknown, chance: number, expected: number])[] = [
  ['half of the first delay at the least', 1, new Error(), 0, 500],
  ['doubles', 3, new Error(), 0, 2000],
  ['ends at the most', 50, new Error(), 0.999_999, 60_000],
  ['waits as long as the error asks', 1, new Transient('x', { retryAfterMs: 90_000 }), 0, 90_000],
  ['honours any error that asks', 1, { retryAfterMs: 700 }, 0, 700],
  ['does not hurry for an error that asks for less', 3, new Transient('x', { retryAfterMs: 1 }), 0, 2000],
  ['ignores what is no time', 1, { retryAfterMs: Number.NaN }, 0, 500],
]
for (const [name, tries, error, chance, expected] of delays) {
  test(`retryDelayMs ${name}`, () => assert.equal(retryDelayMs(tries, error, { backoff, chance }), expected))
}

test('retryDelayMs stays between half and the whole of the back-off', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (tries, chance) => {
      const delay = retryDelayMs(tries, undefined, { backoff, chance })
      assert.ok(delay >= backoff.firstMs / 2 && delay <= backoff.mostMs)
    }),
  )
})

const outcomes: readonly (readonly [name: string, failed: Partial<FailedTry>, expected: unknown])[] = [
  ['tries again what may pass', {}, { do: 'retry', afterMs: 500, because: 'transient' }],
  [
    'waits for a registry that is away',
    { error: new RegistryUnavailable('x', { retryAfterMs: 9000 }) },
    { do: 'retry', afterMs: 9000, because: 'transient' },
  ],
  [
    'waits for GitHub when it is away',
    { error: new GitHubUnavailable('x', { cause: 502 }) },
    { do: 'retry', afterMs: 500, because: 'transient' },
  ],
  [
    'waits until GitHub takes more content',
    { error: new ContentLimit(60_000) },
    { do: 'retry', afterMs: 60_000, because: 'transient' },
  ],
  ['tries a bug again', { error: new TypeError('x') }, { do: 'retry', afterMs: 500, because: 'bug' }],
  [
    'finishes what needs a person',
    { error: new UserError('x', { help: 'y' }) },
    { do: 'finish', because: 'user error' },
  ],
  ['gives up after the last try', { tries: 3 }, { do: 'give up' }],
  ['returns it at once when stopping', { stopping: true, tries: 3 }, { do: 'retry', afterMs: 0, because: 'stopping' }],
]
for (const [name, failed, expected] of outcomes) {
  test(`decideAfterFailure ${name}`, () => {
    const healthy: FailedTry = { error: new Transient('x'), tries: 1, stopping: false, chance: 0 }
    assert.deepEqual(decideAfterFailure({ ...healthy, ...failed }, limits), expected)
  })
}
