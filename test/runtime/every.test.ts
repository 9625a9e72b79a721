import assert from 'node:assert/strict'
import { test } from 'node:test'
import { every } from '../../src/runtime/every.ts'
import { silentLogger } from '../../src/runtime/log.ts'

test('every works after each interval, also after a failure, until it is stopped', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let times = 0
  const timer = every(
    1000,
    async () => {
      times += 1
      if (times === 1) throw new Error('the first time fails')
    },
    { log: silentLogger, random: () => 0 },
  )
  for (const turns of [1, 2]) {
    t.mock.timers.tick(899)
    await turn()
    assert.equal(times, turns - 1)
    t.mock.timers.tick(1)
    await turn()
    assert.equal(times, turns)
  }
  timer.stop()
  t.mock.timers.tick(10_000)
  await turn()
  assert.equal(times, 2)
})

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
