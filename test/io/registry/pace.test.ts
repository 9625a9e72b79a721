import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Load, type Pace, createPace } from '../../../src/io/registry/pace.ts'
import { RegistryUnavailable } from '../../../src/io/registry/unavailable.ts'

const good: Load = { tooMany: false, retryAfterMs: undefined }
const tooMany: Load = { tooMany: true, retryAfterMs: undefined }

/** Requests that are answered when the test says so. */
function held(pace: Pace) {
  const open: ((load: Load) => void)[] = []
  const results: Promise<unknown>[] = []
  return {
    open,
    send: (origin: string, count: number) => {
      for (let i = 0; i < count; i += 1) {
        const sent = pace(
          origin,
          () => new Promise<{ load: Load }>((resolve) => open.push((load) => resolve({ load }))),
        )
        results.push(sent.catch((error: unknown) => error))
      }
    },
    /** Answers what is open, again and again until nothing is. */
    answerAll: async (load: Load) => {
      await settled()
      while (open.length > 0) {
        for (const answer of open.splice(0)) answer(load)
        await settled()
      }
      return await Promise.all(results)
    },
  }
}

/** Promises that can go on have gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function atOnce(pace: Pace, origin = 'https://a'): Promise<number> {
  const requests = held(pace)
  requests.send(origin, 20)
  await settled()
  const { length } = requests.open
  await requests.answerAll({ tooMany: false, retryAfterMs: undefined })
  return length
}

test('a host is asked sixteen times at once, and the rest waits its turn', async () => {
  const requests = held(createPace({ now: () => 0 }))
  requests.send('https://a', 40)
  await settled()
  assert.equal(requests.open.length, 16)
  requests.open.shift()?.(good)
  await settled()
  assert.equal(requests.open.length, 16)
  assert.equal((await requests.answerAll(good)).length, 40)
})

test('a host that is asked too much is asked half as much, once for all that were on their way', async () => {
  const pace = createPace({ now: () => 0 })
  const requests = held(pace)
  requests.send('https://a', 16)
  await requests.answerAll(tooMany)
  assert.equal(await atOnce(pace), 8)
})

test('a host that is asked too much again and again is still asked', async () => {
  const pace = createPace({ now: () => 0 })
  for (let i = 0; i < 8; i += 1) await pace('https://a', () => Promise.resolve({ load: tooMany }))
  assert.equal(await atOnce(pace), 1)
})

test('a host that answers well for long is asked more again, step by step', async () => {
  const pace = createPace({ now: () => 0 })
  await pace('https://a', () => Promise.resolve({ load: tooMany }))
  const answer = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) await pace('https://a', () => Promise.resolve({ load: good }))
  }
  await answer(19)
  const before = held(pace)
  before.send('https://a', 16)
  await settled()
  assert.equal(before.open.length, 8)
  before.open.shift()?.(good)
  await settled()
  // One has left, two have come.
  assert.equal(before.open.length, 9)
  await before.answerAll(good)
  await answer(20 * 16)
  assert.equal(await atOnce(pace), 16)
})

test('a host that said when to come back is not asked before, and then it is', async () => {
  let now = 1000
  const pace = createPace({ now: () => now })
  const asked: string[] = []
  const ask = (load: Load) =>
    pace('https://a', () => {
      asked.push(`at ${now}`)
      return Promise.resolve({ load })
    })
  await ask({ tooMany: true, retryAfterMs: 7000 })
  now = 3000
  await assert.rejects(ask(good), (error) => error instanceof RegistryUnavailable && error.retryAfterMs === 5000)
  now = 8000
  await ask(good)
  assert.deepEqual(asked, ['at 1000', 'at 8000'])
})

test('what waits for a host that wants to be left alone fails at once', async () => {
  const requests = held(createPace({ now: () => 0 }))
  requests.send('https://a', 40)
  const results = await requests.answerAll({ tooMany: true, retryAfterMs: 1000 })
  assert.equal(results.filter((result) => result instanceof RegistryUnavailable).length, 24)
})

/** A host that is asked sixteen times at once, and answers none of them within 15 seconds. */
async function silence(pace: Pace, clock: { nowMs: number }, forMs = 15_000): Promise<void> {
  const requests = Array.from({ length: 16 }, async () =>
    pace('https://a', async () => {
      await settled()
      clock.nowMs += forMs / 16
      throw new Error('took longer than 15000 ms')
    }),
  )
  for (const result of await Promise.allSettled(requests)) assert.equal(result.status, 'rejected')
}

test('a host that does not answer is left alone for four times as long as it let us wait', async () => {
  const clock = { nowMs: 0 }
  const pace = createPace({ now: () => clock.nowMs })
  const asked: string[] = []
  const ask = async (): Promise<unknown> =>
    pace('https://a', () => {
      asked.push(`at ${clock.nowMs}`)
      return Promise.resolve({ load: good })
    }).catch((error: unknown) => error)
  await silence(pace, clock)
  const refused = await ask()
  assert.ok(refused instanceof RegistryUnavailable, String(refused))
  // That is no word of the host, and where nothing listens it is a few milliseconds.
  assert.equal(refused.retryAfterMs, undefined)
  clock.nowMs += 59_999
  assert.ok((await ask()) instanceof RegistryUnavailable)
  clock.nowMs += 1
  // It is tried again, by all who want to; and when it is silent still, left alone again.
  await silence(pace, clock)
  assert.ok((await ask()) instanceof RegistryUnavailable)
  assert.deepEqual(asked, [])
  clock.nowMs += 60_000
  await ask()
  await ask()
  assert.deepEqual(asked, ['at 150000', 'at 150000'])
})

test('a host is left alone for a minute at most, though the machine slept for hours', async () => {
  const clock = { nowMs: 0 }
  const pace = createPace({ now: () => clock.nowMs })
  await silence(pace, clock, 8 * 3_600_000)
  clock.nowMs += 60_000
  assert.equal(await atOnce(pace), 16)
})

test('a host that answers others is asked on, whatever one request waited for', async () => {
  const clock = { nowMs: 0 }
  const pace = createPace({ now: () => clock.nowMs })
  const wait = async (): Promise<never> => {
    clock.nowMs += 15_000
    throw new Error('took longer than 15000 ms')
  }
  for (let i = 0; i < 10; i += 1) {
    const lasting = held(pace)
    lasting.send('https://a', 1)
    await assert.rejects(pace('https://a', wait), /took longer/)
    await lasting.answerAll(good)
  }
  assert.equal(await atOnce(pace), 16)
})

test('one host never slows another', async () => {
  const pace = createPace({ now: () => 0 })
  await pace('https://a', () => Promise.resolve({ load: { tooMany: true, retryAfterMs: 60_000 } }))
  const stuck = held(pace)
  stuck.send('https://c', 40)
  assert.equal(await atOnce(pace, 'https://b'), 16)
  await stuck.answerAll(good)
})

test('a request that fails gives its place back', async () => {
  const pace = createPace({ now: () => 0 })
  for (let i = 0; i < 40; i += 1)
    await assert.rejects(
      pace('https://a', () => Promise.reject(new Error('no route'))),
      /no route/,
    )
  assert.equal(await atOnce(pace), 16)
})
