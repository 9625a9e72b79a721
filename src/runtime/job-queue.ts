import { PgBoss } from 'pg-boss'
import {
  type JobData,
  type JobRow,
  lockJobs,
  markFailed,
  orphanedJobs,
  type PendingJob,
  pendingJobs,
  type Queryable,
  queueName,
  unlockJob,
} from './job-rows.ts'
import { type Logger } from './log.ts'

type Transactional = Queryable & { transaction<T>(work: (inside: Queryable) => Promise<T>): Promise<T> }

/** One connection of its own: locks taken on it end with it, or with the process. */
export type JobSession = Transactional & { end(): Promise<void> }

export type SessionEvents = { readonly notified: () => void; readonly lost: (cause: Error) => void }

/** What jobs need of a database; `Database` of io/store fits. */
export type JobDatabase = Transactional & {
  readonly kind: 'embedded' | 'server'
  readonly schema: string
  session(options: SessionEvents & { readonly channel: string }): Promise<JobSession>
}

/** One try of a job. What is said of an older try than the current one changes nothing. */
export type Claim = {
  readonly id: string
  /** 0 at the first try. */
  readonly retryCount: number
  readonly journey: string
  readonly key: string
}

/** Jobs as rows: pg-boss keeps them, this says what they mean. Nothing runs here. */
export type JobQueue = {
  readonly ask: (journey: string, key: string, afterMs: number) => Promise<void>
  /** Locks what it takes on the session: a job without a living lock is an orphan. */
  readonly claim: (session: JobSession, most: number) => Promise<readonly Claim[]>
  readonly release: (session: JobSession, claim: Claim) => Promise<void>
  readonly done: (claim: Claim, note?: string) => Promise<void>
  readonly again: (claim: Claim, afterMs: number, reason: string) => Promise<void>
  /** For good: the row stays for a week to be looked at, the key is free. */
  readonly giveUp: (claim: Claim, reason: string) => Promise<void>
  readonly orphans: (session: JobSession) => Promise<readonly Claim[]>
  readonly pending: () => Promise<readonly PendingJob[]>
  readonly session: (events: SessionEvents) => Promise<JobSession>
  readonly close: () => Promise<void>
}

export type QueueOptions = { readonly log: Logger; readonly limitMs: number }

export async function openJobQueue(database: JobDatabase, options: QueueOptions): Promise<JobQueue> {
  const schema = `${database.schema}_jobs`
  const table = `${schema}.job`
  const boss = await startBoss(database, schema, options)
  return {
    async ask(journey, key, afterMs) {
      await ask({ boss, database }, { journey, key }, afterMs)
      if (database.kind === 'server') await database.query('select pg_notify($1, $2)', [schema, ''])
    },
    claim: async (session, most) => claim(boss, session, most),
    release: async (session, { id }) => unlockJob(session, id),
    async done(job, note) {
      await boss.complete(queueName, [job], note === undefined ? null : { note })
    },
    again: async (job, afterMs, reason) =>
      database.transaction(async (inside) => again(boss, inside, { ...job, afterMs, reason })),
    giveUp: async (job, reason) => markFailed(database, table, job, reason),
    orphans: async (session) => (await orphanedJobs(session, table)).map(toClaim),
    pending: async () => pendingJobs(database, table),
    session: async (events) => database.session({ channel: schema, ...events }),
    close: async () => boss.stop({ close: false, graceful: false }),
  }
}

/** Its workers, cron, statistics and watch over PostgreSQL stay off: we use its table and the rules of that. */
async function startBoss(database: JobDatabase, schema: string, { log, limitMs }: QueueOptions): Promise<PgBoss> {
  const boss = new PgBoss({
    db: toBoss(database),
    backend: database.kind === 'embedded' ? 'pglite' : 'postgres',
    schema,
    schedule: false,
    registerInstance: false,
    persistWarnings: false,
    monitorVacuum: false,
    reindex: false,
  })
  boss.on('error', (error) => log.error({ err: error }, 'job queue failed'))
  boss.on('warning', (warning) => log.warn({ warning }, 'job queue warns'))
  await boss.start()
  await boss.createQueue(queueName, {
    policy: 'stately',
    // We count and space the tries; its own limit must only be out of the way.
    retryLimit: 1_000_000,
    // For a job that outlives its limit because it does not heed its signal.
    expireInSeconds: Math.ceil(limitMs / 1000) + 60,
  })
  return boss
}

/**
 * A claim made after this began sees what was asked for, so a job that still waits answers it. A retry keeps its
 * back-off, which protects whoever could not answer.
 */
async function ask(queue: { boss: PgBoss; database: Queryable }, data: JobData, afterMs: number): Promise<void> {
  const { boss, database } = queue
  const singletonKey = keyOf(data)
  const waiting = await boss.findJobs<JobData>(queueName, { key: singletonKey, queued: true })
  if (waiting.length === 0) {
    const id = await boss.send(queueName, data, { singletonKey, startAfter: seconds(afterMs) })
    // Somebody asked in between, and theirs may be delayed.
    if (id === null) await ask(queue, data, afterMs)
    return
  }
  const delayed = waiting.find((job) => job.state === 'created' && job.startAfter > job.createdOn)
  if (delayed === undefined) return
  // By the clock that the delay was counted by.
  const [clock] = await database.query<{ now: Date }>('select now() as now')
  const leftMs = clock === undefined ? 0 : delayed.startAfter.getTime() - clock.now.getTime()
  if (leftMs > afterMs) await boss.update(queueName, undefined, { id: delayed.id, startAfter: seconds(afterMs) })
}

async function claim(boss: PgBoss, session: JobSession, most: number): Promise<readonly Claim[]> {
  return session.transaction(async (inside) => {
    const claims = (
      await boss.fetch<JobData>(queueName, { batchSize: most, includeMetadata: true, db: toBoss(inside) })
    ).map(toClaim)
    if (claims.length > 0)
      await lockJobs(
        inside,
        claims.map(({ id }) => id),
      )
    return claims
  })
}

/**
 * At most one waits: the retry also does what was asked for while the failed try ran. In one transaction, or the retry
 * could be claimed before it is put off.
 */
async function again(
  boss: PgBoss,
  inside: Queryable,
  job: Claim & { readonly afterMs: number; readonly reason: string },
) {
  const db = toBoss(inside)
  const waiting = await boss.findJobs<JobData>(queueName, { key: keyOf(job), queued: true, db })
  const ids = waiting.map(({ id }) => id)
  if (ids.length > 0) await boss.deleteJob(queueName, ids, { db })
  await boss.fail(queueName, [job], { reason: job.reason }, { db })
  await boss.update(queueName, undefined, { id: job.id, startAfter: seconds(job.afterMs), db })
}

function keyOf({ journey, key }: JobData): string {
  return `${journey}:${key}`
}

function toClaim({ id, retryCount, data }: JobRow): Claim {
  return { id, retryCount, journey: data.journey, key: data.key }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function toBoss(database: Queryable) {
  return {
    async executeSql(text: string, values: readonly unknown[] = []) {
      const rows = values.length > 0 ? await database.query(text, values) : await database.execute(text)
      return { rows: [...rows] }
    },
  }
}
