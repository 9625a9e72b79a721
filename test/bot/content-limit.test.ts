import assert from 'node:assert/strict'
import { test } from 'node:test'
import { patient } from '../../src/bot/content-limit.ts'
import { ContentLimit } from '../../src/io/github/content-limit.ts'
import { createLogger } from '../../src/runtime/log.ts'

const log = createLogger({ level: 'fatal', format: 'json' }, { write: () => {} })
const signal = new AbortController().signal

/** What a job of this handler asks for. */
async function askedBy(handler: () => Promise<void>): Promise<readonly unknown[]> {
  const asked: unknown[] = []
  const jobs = { ask: async (...job: readonly unknown[]) => void asked.push(job) }
  await patient({ jobs, log }, 'release', handler)('42', signal)
  return asked
}

test('a job that meets the limit on content ends well, and is asked for again when there is room', async () => {
  const limited = async () => {
    throw new ContentLimit(8571)
  }
  assert.deepEqual(await askedBy(limited), [['release', '42', { afterMs: 8571 }]])
})

test('a job that is done is not asked for again', async () => {
  assert.deepEqual(await askedBy(async () => {}), [])
})

test('whatever else fails, fails', async () => {
  const failing = async () => {
    throw new Error('the disk is full')
  }
  await assert.rejects(askedBy(failing), /the disk is full/)
})
