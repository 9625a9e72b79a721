import { mkdtemp, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PgBoss } from 'pg-boss'
import { Secret } from '../src/core/secret.ts'
import { type Database, type DatabasePlace, openDatabase } from '../src/io/store/database.ts'
import { createJobs } from '../src/runtime/jobs.ts'
import { silentLogger } from '../src/runtime/log.ts'
import { quantile, timed, times } from './measure.ts'
import type { Bench, Row, Table } from './report.ts'

const asks = 200
const burst = 100
/** Its worker is idle for most of each: it looks every two seconds. */
const asksOfPgBoss = 20

export const store: Bench = {
  about: 'from asking for a job to the start of its handler, on PGlite and PostgreSQL',
  async run(tell) {
    tell(`${asks} asks and a burst of ${burst} on PGlite`)
    const folder = await mkdtemp(join(tmpdir(), 'lotse-bench-'))
    const url = process.env['DATABASE_URL']
    try {
      const embedded = await measure('PGlite', { kind: 'folder', path: folder }, tell)
      if (url === undefined) {
        tell('PostgreSQL is left out: DATABASE_URL is not set')
        return [tableOf([...embedded])]
      }
      tell('the same on PostgreSQL')
      return [tableOf([...embedded, ...(await measure('PostgreSQL', { kind: 'server', url: new Secret(url) }, tell))])]
    } finally {
      await rm(folder, { recursive: true })
    }
  },
}

type Measured = {
  readonly database: string
  readonly queue: string
  readonly latencies: readonly number[]
  readonly perSecond: number
}

function tableOf(measured: readonly Measured[]): Table {
  const rows = measured.map(({ database, queue, latencies, perSecond }): Row => {
    const p50 = quantile(latencies, 0.5)
    const ours = measured.find((other) => other.database === database)
    return {
      database,
      queue,
      asks: latencies.length,
      'p50 ms': p50,
      'p95 ms': quantile(latencies, 0.95),
      'p50 time': times(p50, quantile(ours?.latencies ?? [], 0.5)),
      [`jobs/s in a burst of ${burst}`]: Math.round(perSecond),
    }
  })
  return { title: 'store: from ask to the start of the handler', rows }
}

async function measure(
  name: string,
  place: DatabasePlace,
  tell: (progress: string) => void,
): Promise<readonly Measured[]> {
  const database = await openDatabase(place, { schema: `bench_${randomBytes(6).toString('hex')}` })
  try {
    const jobs = await measureJobs(database)
    tell(`${asksOfPgBoss} asks of pg-boss's own worker`)
    return [
      { database: name, queue: 'lotse', ...jobs },
      { database: name, queue: 'pg-boss, own worker', ...(await measurePgBoss(database)) },
    ]
  } finally {
    for (const schema of ['', '_jobs', '_own']) {
      await database.execute(`drop schema if exists ${database.schema}${schema} cascade`)
    }
    await database.close()
  }
}

type Speed = Pick<Measured, 'latencies' | 'perSecond'>

async function measureJobs(database: Database): Promise<Speed> {
  const jobs = await createJobs({ database, log: silentLogger, random: Math.random })
  const started = new Started()
  await jobs.work({ bench: async (key) => started.see(key) })
  try {
    return await drive(started, asks, (key) => jobs.ask('bench', key))
  } finally {
    await jobs.stop()
  }
}

/** As its documentation shows it; what is asked for is the same. */
async function measurePgBoss(database: Database): Promise<Speed> {
  const boss = new PgBoss({
    db: {
      async executeSql(text: string, values: readonly unknown[] = []) {
        const rows = values.length > 0 ? await database.query(text, values) : await database.execute(text)
        return { rows: [...rows] }
      },
    },
    backend: database.kind === 'embedded' ? 'pglite' : 'postgres',
    schema: `${database.schema}_own`,
  })
  boss.on('error', (error) => process.stderr.write(`${error.message}\n`))
  await boss.start()
  await boss.createQueue('bench', { policy: 'stately' })
  const started = new Started()
  await boss.work<{ key: string }>('bench', { batchSize: 10 }, async (jobs) => {
    for (const { data } of jobs) started.see(data.key)
  })
  try {
    return await drive(started, asksOfPgBoss, async (key) => {
      await boss.send('bench', { key }, { singletonKey: key })
    })
  } finally {
    await boss.stop({ close: false, graceful: false })
  }
}

async function drive(started: Started, count: number, ask: (key: string) => Promise<void>): Promise<Speed> {
  const latencies: number[] = []
  for (let n = 0; n < count; n++) {
    const { ms } = await timed(async () => {
      const seen = started.of(`one ${n}`)
      await ask(`one ${n}`)
      await seen
    })
    latencies.push(ms)
    // Not in step with anybody's polling, and not while the last one is being put away.
    await delay(20 + Math.random() * 20)
  }
  const { ms } = await timed(async () => {
    const keys = Array.from({ length: burst }, (_, n) => `burst ${n}`)
    const seen = keys.map((key) => started.of(key))
    await Promise.all(keys.map(ask))
    await Promise.all(seen)
  })
  return { latencies, perSecond: burst / (ms / 1000) }
}

/** Who waits for a key is told when its handler starts. */
class Started {
  readonly #waiting = new Map<string, () => void>()

  of(key: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(key, resolve))
  }

  see(key: string): void {
    this.#waiting.get(key)?.()
  }
}
