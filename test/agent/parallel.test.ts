import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inParallel } from '../../src/agent/parallel.ts'

const numbers = [1, 2, 3, 4, 5, 6]

test('inParallel does all, and no more at once than it may', async () => {
  const done: number[] = []
  let running = 0
  let most = 0
  const work = async (item: number): Promise<void> => {
    most = Math.max(most, (running += 1))
    await turned()
    running -= 1
    done.push(item)
  }
  await inParallel(numbers, work, { atOnce: 2, goesOn: () => true })
  assert.deepEqual([done.toSorted((a, b) => a - b), most], [numbers, 2])
})

test('inParallel begins nothing after a failure, and waits for what runs', async () => {
  const done: number[] = []
  const work = async (item: number): Promise<void> => {
    if (item === 2) throw new Error('two')
    await turned()
    done.push(item)
  }
  await assert.rejects(inParallel(numbers, work, { atOnce: 2, goesOn: () => true }), /two/)
  assert.deepEqual(done, [1])
})

test('inParallel begins nothing when it is told to end', async () => {
  const done: number[] = []
  const work = async (item: number): Promise<void> => void done.push(item)
  await inParallel(numbers, work, { atOnce: 1, goesOn: () => done.length < 3 })
  assert.deepEqual(done, [1, 2, 3])
})

function turned(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
