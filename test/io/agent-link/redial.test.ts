import assert from 'node:assert/strict'
import { suite, test, type TestContext } from 'node:test'
import { type CallEvents, redial, redialDelayMs } from '../../../src/io/agent-link/redial.ts'
import { silentLogger } from '../../../src/runtime/log.ts'

const lost = { code: 1006, reason: '' }

suite('redialDelayMs', () => {
  const cases: readonly (readonly [name: string, code: number, tries: number, chance: number, ms: number])[] = [
    ['is at most a second after the first try', 1006, 0, 0.5, 500],
    ['doubles', 1006, 3, 0.5, 4000],
    ['is at most a minute', 1006, 1000, 0.5, 30_000],
    ['may be nothing', 1006, 5, 0, 0],
    ['is five minutes for a key that is not listed', 4403, 0, 0, 300_000],
    ['is five minutes for a signature that does not fit', 4401, 0, 0, 300_000],
    ['is five minutes for who was replaced', 4409, 0, 0, 300_000],
    ['is an hour when no version is in common', 4426, 0, 0.5, 3_780_000],
    ['is as after any loss when the bot cannot tell', 4500, 0, 0.5, 500],
  ]
  for (const [name, code, tries, chance, ms] of cases) {
    test(name, () => assert.equal(redialDelayMs({ code, reason: '' }, tries, chance), ms))
  }
})

suite('redial', () => {
  test('waits longer from try to try, and as at first after a minute of life', (t) => {
    const line = calls(t)
    line.end()
    assert.deepEqual(waits(t, line), 500)
    line.end()
    assert.deepEqual(waits(t, line), 1000)
    line.last().open()
    t.mock.timers.tick(59_999)
    line.end()
    assert.deepEqual(waits(t, line), 2000)
    line.last().open()
    t.mock.timers.tick(60_000)
    line.end()
    assert.deepEqual(waits(t, line), 500)
  })

  test('does not wait any longer when something has changed', (t) => {
    const line = calls(t)
    line.retry()
    assert.equal(line.times(), 1, 'while a call lasts, there is nothing to try')
    line.last().over({ code: 4403, reason: '' })
    line.retry()
    assert.equal(line.times(), 2)
    t.mock.timers.tick(1_000_000)
    assert.equal(line.times(), 2, 'what it waited for before is over')
    line.end()
    assert.deepEqual(waits(t, line), 1000)
  })

  test('calls no more when it is closed', async (t) => {
    const line = calls(t)
    line.end()
    await line.close()
    line.retry()
    t.mock.timers.tick(1_000_000)
    assert.equal(line.times(), 1)
  })

  test('waits for the end of a call when it is closed', async (t) => {
    const line = calls(t)
    const closed = line.close()
    assert.deepEqual(line.hungUp(), [1001])
    line.end()
    await closed
  })
})

function calls(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const all: CallEvents[] = []
  const codes: number[] = []
  const { retry, close } = redial(
    (on) => {
      all.push(on)
      return { hangUp: ({ code }) => void codes.push(code) }
    },
    { log: silentLogger, random: () => 0.5 },
  )
  const last = (): CallEvents => all.at(-1) ?? assert.fail('nobody called')
  return { retry, close, last, end: () => last().over(lost), times: () => all.length, hungUp: () => codes }
}

/** How long it takes until the next call, to half a second. */
function waits(t: TestContext, { times }: { readonly times: () => number }): number {
  const before = times()
  for (let ms = 500; ms < 1_000_000; ms += 500) {
    t.mock.timers.tick(500)
    if (times() > before) return ms
  }
  return Number.POSITIVE_INFINITY
}
