/** What pg-boss has no call for, on the table that it keeps. Its version is pinned for that. */

export type Row = Readonly<Record<string, unknown>>

export type Queryable = {
  query<R extends Row = Row>(sql: string, values?: readonly unknown[]): Promise<readonly R[]>
  execute(sql: string): Promise<readonly Row[]>
}

/** The one queue of pg-boss: keys, not queues, keep jobs apart. */
export const queueName = 'journeys'

export type PendingJob = {
  readonly journey: string
  readonly key: string
  readonly state: 'waiting' | 'running' | 'retrying'
}

export type JobData = { readonly journey: string; readonly key: string }
export type JobRow = { readonly id: string; readonly retryCount: number; readonly data: JobData }

export async function pendingJobs(database: Queryable, table: string): Promise<readonly PendingJob[]> {
  return database.query<PendingJob>(
    `select data->>'journey' as journey, data->>'key' as key,
       case state when 'created' then 'waiting' when 'active' then 'running' else 'retrying' end as state
     from ${table} where name = $1 and state < 'completed' order by created_on, id`,
    [queueName],
  )
}

/** In place, for pg-boss ends a job only when its own count of tries is used up, and the count is ours. */
export async function markFailed(
  database: Queryable,
  table: string,
  job: Omit<JobRow, 'data'>,
  reason: string,
): Promise<void> {
  await database.query(
    `update ${table} set state = 'failed', completed_on = now(), output = $4
     where name = $1 and id = $2 and retry_count = $3 and state = 'active'`,
    [queueName, job.id, job.retryCount, { reason }],
  )
}

/**
 * A lock of the session says that the process which runs the job is alive: it ends with the connection, so with the
 * process, at once when it is killed and within half a minute when its machine is gone. It is taken in the transaction
 * that makes the job active, so there is no moment in which an active job of a living process is without it.
 */
export async function lockJobs(session: Queryable, ids: readonly string[]): Promise<void> {
  await session.query(`select pg_try_advisory_lock(${lockKey('id')}) from unnest($1::uuid[]) as id`, [ids])
}

export async function unlockJob(session: Queryable, id: string): Promise<void> {
  await session.query(`select pg_advisory_unlock(${lockKey('$1::uuid')})`, [id])
}

/** Active jobs without a lock. Such a row may have moved on since, so it is changed only if it is the same try. */
export async function orphanedJobs(session: Queryable, table: string): Promise<readonly JobRow[]> {
  return session.query<JobRow>(
    `select id, retry_count as "retryCount", data from ${table} as job
     where name = $1 and state = 'active' and not exists (
       select from pg_locks where locktype = 'advisory' and objsubid = 1
         and database = (select oid from pg_database where datname = current_database())
         and (classid::bigint << 32 | objid::bigint) = ${lockKey('job.id')})`,
    [queueName],
  )
}

/** 62 of the random bits of the id. */
function lockKey(id: string): string {
  return `('x' || right(replace(${id}::text, '-', ''), 16))::bit(64)::bigint`
}
