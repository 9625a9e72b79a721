import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGate, narrowed, widened } from '../../../src/io/kubernetes/adaptive.ts'

test('narrowed halves, and leaves one', () => {
  assert.deepEqual([16, 3, 1].map(narrowed), [8, 1.5, 1])
})

test('widened adds one for as many as are let through, and no more than the most', () => {
  assert.equal(widened(4, 16), 4.25)
  assert.equal(widened(16, 16), 16)
})

test('a gate lets no more through than its width, in the order they came', async () => {
  const gate = createGate({ most: 2, overloaded: () => false })
  const ends: (() => void)[] = []
  const begun: number[] = []
  const all = [0, 1, 2, 3].map((i) =>
    gate.run(async () => {
      begun.push(i)
      const end = Promise.withResolvers<void>()
      ends.push(end.resolve)
      await end.promise
    }),
  )
  await settled()
  assert.deepEqual(begun, [0, 1])
  ends[1]?.()
  await all[1]
  await settled()
  assert.deepEqual(begun, [0, 1, 2])
  ends[0]?.()
  ends[2]?.()
  await settled()
  ends[3]?.()
  await Promise.all(all)
})

test('failures that ran at the same time narrow a gate once', async () => {
  const gate = createGate({ most: 16, overloaded: (error) => error === overload })
  await Promise.allSettled(Array.from({ length: 16 }, async () => gate.run(async () => fail(overload))))
  assert.equal(gate.width(), 8)
  await gate.run(async () => fail(overload)).catch(() => undefined)
  assert.equal(gate.width(), 4)
})

test('other failures do not narrow a gate', async () => {
  const gate = createGate({ most: 4, overloaded: (error) => error === overload })
  await assert.rejects(
    gate.run(async () => fail(new Error('another'))),
    /another/,
  )
  assert.equal(gate.width(), 4)
})

test('a gate is as wide as ever after enough that went well', async () => {
  const gate = createGate({ most: 4, overloaded: () => true })
  await gate.run(async () => fail(overload)).catch(() => undefined)
  await gate.run(async () => fail(overload)).catch(() => undefined)
  assert.equal(gate.width(), 1)
  for (let i = 0; i < 10; i += 1) await gate.run(async () => undefined)
  assert.equal(gate.width(), 4)
})

const overload = new Error('overload')

async function fail(error: Error): Promise<never> {
  throw error
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
