import { PgBoss, type JobWithMetadata } from 'pg-boss'
import { type Logger } from './log.ts'

type Row = Readonly<Record<string, unknown>>

type Queryable = {
  query<R extends Row = Row>(sql: string, values?: readonly unknown[]): Promise<readonly R[]>
  execute(sql: string): Promise<readonly Row[]>
}

/** One connection of its own: locks taken on it end with it, or with the process. */
export type JobSession = Queryable & {
  transaction<T>(work: (inside: Queryable) => Promise<T>): Promise<T>
  end(): Promise<void>
}

/** What jobs need of a database; `Database` of io/store fits. */
export type JobDatabase = Queryable & {
  readonly kind: 'embedded' | 'server'
  readonly schema: string
  session(options: {
    readonly channel: string
    readonly notified: () => void
    readonly lost: (cause: Error) => void
  }): Promise<JobSession>
}

export type PendingJob = {
  readonly journey: string
  readonly key: string
  readonly state: 'waiting' | 'running' | 'retrying'
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
  ask(journey: string, key: string, afterMs: number): Promise<void>
  /** Locks what it takes on the session: a job without a living lock is an orphan. */
  claim(session: JobSession, most: number): Promise<readonly Claim[]>
  done(claim: Claim, note?: string): Promise<void>
  again(claim: Claim, afterMs: number, reason: string): Promise<void>
  /** For good: the row stays for a week to be looked at, the key is free. */
  giveUp(claim: Claim, reason: string): Promise<void>
  release(session: JobSession, claim: Claim): Promise<void>
  orphans(session: JobSession): Promise<readonly Claim[]>
  pending(): Promise<readonly PendingJob[]>
  session(on: { readonly notified: () => void; readonly lost: (cause: Error) => void }): Promise<JobSession>
  close(): Promise<void>
}

type JobData = { readonly journey: string; readonly key: string }

const queue = 'journeys'
/** More than we ever try: we count and space the tries ourselves, pg-boss only must not end them before. */
const manyTries = 1_000_000

export async function openJobQueue(database: JobDatabase, log: Logger, limitMs: number): Promise<JobQueue> {
  const schema = `${database.schema}_jobs`
  const table = `${schema}.job`
  const boss = await startBoss(database, schema, log)
  await boss.createQueue(queue, {
    policy: 'stately',
    retryLimit: manyTries,
    // Only for a job that outlives its own limit and does not heed its signal.
    expireInSeconds: Math.ceil(limitMs / 1000) + 60,
  })

  return {
    async ask(journey, key, afterMs) {
      await askOnce(boss, { journey, key }, afterMs)
      if (database.kind === 'server') await database.query('select pg_notify($1, $2)', [schema, ''])
    },
    async claim(session, most) {
      return session.transaction(async (inside) => {
        const options = { batchSize: most, includeMetadata: true as const, db: toBoss(inside) }
        const claims = (await boss.fetch<JobData>(queue, options)).map(toClaim)
        await inside.query(`select pg_try_advisory_lock(${lockKey('id')}) from unnest($1::uuid[]) as id`, [
          claims.map((claim) => claim.id),
        ])
        return claims
      })
    },
    async done(claim, note) {
      await boss.complete(queue, [claim], note === undefined ? null : { note })
    },
    async again(claim, afterMs, reason) {
      await dropWaiting(boss, claim)
      await boss.fail(queue, [claim], { reason })
      await boss.update(queue, undefined, { id: claim.id, startAfter: seconds(afterMs) })
    },
    async giveUp(claim, reason) {
      // A change in place: pg-boss itself ends a job only when its own count of tries is used up.
      await database.query(
        `update ${table} set state = 'failed', completed_on = now(), output = $3
         where name = '${queue}' and id = $1 and retry_count = $2 and state = 'active'`,
        [claim.id, claim.retryCount, { reason }],
      )
    },
    async release(session, claim) {
      await session.query(`select pg_advisory_unlock(${lockKey('$1::uuid')})`, [claim.id])
    },
    async orphans(session) {
      const rows = await session.query<{ id: string; retryCount: number; data: JobData }>(
        `select id, retry_count as "retryCount", data from ${table} as job
         where name = '${queue}' and state = 'active' and not exists (
           select from pg_locks where locktype = 'advisory' and objsubid = 1
             and database = (select oid from pg_database where datname = current_database())
             and (classid::bigint << 32 | objid::bigint) = ${lockKey('job.id')})`,
      )
      return rows.map(toClaim)
    },
    async pending() {
      return database.query<PendingJob>(
        `select data->>'journey' as journey, data->>'key' as key,
           case state when 'created' then 'waiting' when 'active' then 'running' else 'retrying' end as state
         from ${table} where name = '${queue}' and state < 'completed' order by created_on, id`,
      )
    },
    session: async (on) => database.session({ channel: schema, ...on }),
    close: async () => boss.stop({ close: false, graceful: false }),
  }
}

/** Cron, its own workers, statistics and watching over PostgreSQL are off: we use the table and its rules. */
async function startBoss(database: JobDatabase, schema: string, log: Logger): Promise<PgBoss> {
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
  return boss
}

/**
 * A claim made after this began sees what was asked for, so a job that still waits answers it. A retry keeps its
 * back-off, which protects whoever could not answer.
 */
async function askOnce(boss: PgBoss, data: JobData, afterMs: number): Promise<void> {
  const singletonKey = keyOf(data)
  const waiting = await boss.findJobs<JobData>(queue, { key: singletonKey, queued: true })
  if (waiting.length === 0) {
    const id = await boss.send(queue, data, { singletonKey, startAfter: seconds(afterMs) })
    // Somebody asked in between, and that one may be delayed.
    if (id === null) await askOnce(boss, data, afterMs)
    return
  }
  const delayed = waiting.find((job) => job.state === 'created' && job.startAfter > job.createdOn)
  if (afterMs === 0 && delayed !== undefined) await boss.update(queue, undefined, { id: delayed.id, startAfter: 0 })
}

/** At most one waits: the retry does the work of what was asked for while the failed try ran. */
async function dropWaiting(boss: PgBoss, claim: Claim): Promise<void> {
  const waiting = await boss.findJobs<JobData>(queue, { key: keyOf(claim), queued: true })
  if (waiting.length > 0)
    await boss.deleteJob(
      queue,
      waiting.map((job) => job.id),
    )
}

function keyOf({ journey, key }: JobData): string {
  return `${journey}:${key}`
}

function toClaim(job: Pick<JobWithMetadata<JobData>, 'id' | 'retryCount' | 'data'>): Claim {
  return { id: job.id, retryCount: job.retryCount, journey: job.data.journey, key: job.data.key }
}

/** 62 random bits of the job's id. */
function lockKey(id: string): string {
  return `('x' || right(replace(${id}::text, '-', ''), 16))::bit(64)::bigint`
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
