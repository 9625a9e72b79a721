import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { UserError } from '../../src/core/user-error.ts'
import { type Database, openDatabase } from '../../src/io/store/database.ts'
import { type JobDeps, type Jobs, createJobs } from '../../src/runtime/jobs.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { Transient } from '../../src/core/transient.ts'
import { openTestDatabase, testPlace, testSchema } from '../io/store/test-database.ts'

const database = await openTestDatabase()

const quick = { backoff: { firstMs: 1, mostMs: 5 }, pollMs: 20, sweepMs: 50, graceMs: 0, abortedMs: 5000 }

test('a job that is asked for runs, with its key', async (t) => {
  const [jobs] = await replicas(t, 1)
  const ran: string[] = []
  await jobs.work({
    release: async (key) => void ran.push(key),
    automerge: async (key) => void ran.push(`merge ${key}`),
  })
  await jobs.ask('release', '42')
  await jobs.ask('automerge', '42')
  await jobs.settled()
  assert.deepEqual(ran.toSorted(), ['42', 'merge 42'])
  assert.deepEqual([...(await jobs.pending())], [])
})

test('jobs wait until somebody works', async (t) => {
  const [jobs] = await replicas(t, 1)
  await jobs.ask('release', '42')
  assert.deepEqual([...(await jobs.pending())], [{ journey: 'release', key: '42', state: 'waiting' }])
  const ran: string[] = []
  await jobs.work({ release: async (key) => void ran.push(key) })
  await jobs.settled()
  assert.deepEqual(ran, ['42'])
})

test('per key one runs and one waits, across replicas, and what is asked meanwhile is not lost', async (t) => {
  const [first, second] = await replicas(t, 2)
  const gate = createGate()
  await first.work({ release: gate.pass })
  await second.work({ release: gate.pass })
  await first.ask('release', '42')
  await gate.reached(1)
  await Promise.all([first, second, first, second].map(async (jobs) => jobs.ask('release', '42')))
  assert.deepEqual((await first.pending()).map((job) => job.state).toSorted(), ['running', 'waiting'])
  gate.open()
  await first.settled()
  assert.equal(gate.count(), 2)
})

test('other keys run meanwhile, up to the concurrency', async (t) => {
  const [jobs] = await replicas(t, 1, { concurrency: 3 })
  const gate = createGate()
  await jobs.work({ release: gate.pass })
  for (const key of ['1', '2', '3', '4', '5']) await jobs.ask('release', key)
  await gate.reached(3)
  const states = (await jobs.pending()).map((job) => job.state).toSorted()
  assert.deepEqual(states, ['running', 'running', 'running', 'waiting', 'waiting'])
  gate.open()
  await jobs.settled()
  assert.equal(gate.count(), 5)
})

test('whatever is asked wherever, a key never runs twice at once and always runs after it was asked for', async (t) => {
  const [first, second] = await replicas(t, 2)
  const world = { asked: new Map<string, number>(), seen: new Map<string, number>(), busy: new Set<string>(), twice: 0 }
  const handlers = {
    async release(key: string) {
      if (world.busy.has(key)) world.twice += 1
      world.busy.add(key)
      const asked = world.asked.get(key) ?? 0
      await new Promise((resolve) => setImmediate(resolve))
      world.seen.set(key, asked)
      world.busy.delete(key)
    },
  }
  await first.work(handlers)
  await second.work(handlers)
  const ask = fc.record({ replica: fc.constantFrom(first, second), key: fc.constantFrom('1', '2', '3') })
  await fc.assert(
    fc.asyncProperty(fc.array(ask, { maxLength: 30 }), async (asks) => {
      await Promise.all(
        asks.map(async ({ replica, key }) => {
          world.asked.set(key, (world.asked.get(key) ?? 0) + 1)
          await replica.ask('release', key)
        }),
      )
      await first.settled()
      assert.deepEqual(world.seen, world.asked)
      assert.equal(world.twice, 0)
    }),
    { numRuns: 15 },
  )
})

test('a job that fails is tried again, whatever failed', async (t) => {
  const [jobs] = await replicas(t, 1)
  let tries = 0
  await jobs.work({
    async release() {
      tries += 1
      if (tries === 1) throw new Transient('GitHub answers 502', { retryAfterMs: 10 })
      if (tries === 2) throw new TypeError('a bug')
    },
  })
  await jobs.ask('release', '42')
  await jobs.settled()
  assert.equal(tries, 3)
})

test('a job that needs a person is not tried again', async (t) => {
  const [jobs] = await replicas(t, 1)
  const ran: string[] = []
  await jobs.work({
    async release(key) {
      ran.push(key)
      throw new UserError('no such branch', { help: 'Create it.' })
    },
  })
  await jobs.ask('release', '42')
  await jobs.settled()
  assert.deepEqual(ran, ['42'])
})

test('a job that failed for good frees its key', async (t) => {
  const [jobs] = await replicas(t, 1, { tries: 3 })
  let tries = 0
  await jobs.work({
    async release() {
      tries += 1
      if (tries <= 3) throw new Transient('GitHub answers 502')
    },
  })
  await jobs.ask('release', '42')
  await jobs.settled()
  assert.equal(tries, 3)
  await jobs.ask('release', '42')
  await jobs.settled()
  assert.equal(tries, 4)
})

test('the retry of a failed try also does what was asked for while it ran', async (t) => {
  const [jobs] = await replicas(t, 1)
  const gate = createGate()
  let tries = 0
  await jobs.work({
    async release() {
      tries += 1
      if (tries > 1) return
      await gate.pass()
      throw new Transient('later', { retryAfterMs: 60_000 })
    },
  })
  await jobs.ask('release', '42')
  await gate.reached(1)
  await jobs.ask('release', '42')
  gate.open()
  await until(async () => (await jobs.pending()).every((job) => job.state === 'retrying'))
  await jobs.ask('release', '42')
  assert.deepEqual([...(await jobs.pending())], [{ journey: 'release', key: '42', state: 'retrying' }])
})

test('a delayed job waits, and an ask for sooner brings it forward', async (t) => {
  const [jobs] = await replicas(t, 1)
  const ran: string[] = []
  await jobs.work({ release: async (key) => void ran.push(key) })
  await jobs.ask('release', '42', { afterMs: 60_000 })
  await jobs.ask('release', '42', { afterMs: 90_000 })
  await jobs.ask('release', '43', { afterMs: 30_000 })
  await jobs.ask('release', '43', { afterMs: 30 })
  await until(async () => ran.includes('43'))
  assert.deepEqual(ran, ['43'])
  await jobs.ask('release', '42')
  await jobs.settled()
  assert.deepEqual(ran, ['43', '42'])
})

test('a journey of another version is left for that version', async (t) => {
  const [old, young] = await replicas(t, 2, { backoff: { firstMs: 300, mostMs: 300 } })
  await old.work({})
  await old.ask('deployment', '42')
  await until(async () => (await old.pending()).some((job) => job.state === 'retrying'))
  await old.stop()
  const ran: string[] = []
  await young.work({ deployment: async (key) => void ran.push(key) })
  await young.settled()
  assert.deepEqual(ran, ['42'])
})

test('stop aborts what does not end in time, and the job runs again elsewhere', async (t) => {
  const [first, second] = await replicas(t, 2)
  const gate = createGate()
  await first.work({
    async release(_key, signal) {
      void gate.pass()
      await once(signal, 'abort')
      signal.throwIfAborted()
    },
  })
  await first.ask('release', '42')
  await gate.reached(1)
  await first.stop()
  const ran: string[] = []
  await second.work({ release: async (key) => void ran.push(key) })
  await second.settled()
  assert.deepEqual(ran, ['42'])
})

test('stop waits for what ends by itself', async (t) => {
  const [jobs] = await replicas(t, 1, { graceMs: 10_000 })
  const gate = createGate()
  await jobs.work({ release: gate.pass })
  await jobs.ask('release', '42')
  await gate.reached(1)
  const stopped = jobs.stop()
  gate.open()
  await stopped
  const [left] = await replicas(t, 1)
  assert.equal(gate.count(), 1)
  assert.deepEqual([...(await left.pending())], [{ journey: 'release', key: '42', state: 'waiting' }].slice(1))
})

test('a job whose process was killed runs again at the next start', async (t) => {
  const schema = testSchema()
  const folder = testPlace.kind === 'server' ? undefined : await mkdtemp(join(tmpdir(), 'lotse-jobs-'))
  const place = folder === undefined ? testPlace : ({ kind: 'folder', path: folder } as const)

  const before = await openDatabase(place, { schema })
  await askAndStop(before)
  await before.close()
  await runAndKill(folder === undefined ? [schema] : [schema, folder])

  const database = await openDatabase(place, { schema })
  const jobs = await createJobs({ database, log: silentLogger, random: Math.random, settings: quick })
  t.after(async () => {
    await jobs.stop()
    await dropAndClose(database)
    if (folder !== undefined) await rm(folder, { recursive: true })
  })
  const ran: string[] = []
  await jobs.work({ release: async (key) => void ran.push(key) })
  await jobs.settled()
  assert.deepEqual(ran, ['42'])
})

if (testPlace.kind === 'server') {
  test('a replica that loses the database aborts its jobs, and they run again', async (t) => {
    const [first, second] = await replicas(t, 2)
    const gate = createGate()
    const ended = new EventEmitter()
    await first.work({
      async release(_key, signal) {
        if (gate.count() > 0) return
        void gate.pass()
        await once(signal, 'abort')
        ended.emit('aborted', signal.reason)
        signal.throwIfAborted()
      },
    })
    await first.ask('release', '42')
    await gate.reached(1)
    const aborted = once(ended, 'aborted')
    await database.query(
      `select pg_terminate_backend(pid) from pg_locks, ${database.schema}_${next}_jobs.job
       where locktype = 'advisory' and state = 'active'
         and (classid::bigint << 32 | objid::bigint) = ('x' || right(replace(id::text, '-', ''), 16))::bit(64)::bigint`,
    )
    assert.ok((await aborted)[0] instanceof Transient)
    await second.work({ release: async () => {} })
    await second.settled()
  })
}

let next = 0

/** Several on one database, in a schema that the other tests do not see. */
async function replicas(t: TestContext, count: 1, settings?: JobDeps['settings']): Promise<readonly [Jobs]>
async function replicas(t: TestContext, count: 2, settings?: JobDeps['settings']): Promise<readonly [Jobs, Jobs]>
async function replicas(t: TestContext, count: number, settings?: JobDeps['settings']): Promise<readonly Jobs[]> {
  const schema = `${database.schema}_${(next += 1)}`
  const all: Jobs[] = []
  t.after(async () => {
    await Promise.all(all.map(async (jobs) => jobs.stop()))
    await database.execute(`drop schema ${schema}_jobs cascade`)
  })
  for (let i = 0; i < count; i += 1) {
    const deps = { database: { ...database, schema }, log: silentLogger, random: Math.random }
    all.push(await createJobs({ ...deps, settings: { ...quick, ...settings } }))
  }
  return all
}

/** A handler that stops at the gate until it is opened. */
function createGate() {
  let count = 0
  const events = new EventEmitter({ captureRejections: true }).setMaxListeners(0)
  const opened = once(events, 'open')
  return {
    count: () => count,
    open: () => events.emit('open'),
    pass: async (): Promise<void> => {
      count += 1
      events.emit('pass')
      await opened
    },
    reached: async (n: number): Promise<void> => {
      while (count < n) await once(events, 'pass')
    },
  }
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function askAndStop(database: Database): Promise<void> {
  const jobs = await createJobs({ database, log: silentLogger, random: Math.random })
  await jobs.ask('release', '42')
  await jobs.stop()
}

async function runAndKill(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'slow-job.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

async function dropAndClose(database: Database): Promise<void> {
  await database.execute(`drop schema ${database.schema} cascade; drop schema ${database.schema}_jobs cascade`)
  await database.close()
}
