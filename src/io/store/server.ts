import { Client, DatabaseError, Pool, types, type ClientBase, type PoolConfig } from 'pg'
import { type Secret } from '../../core/secret.ts'
import { UserError } from '../../core/user-error.ts'
import { type Database, type Queryable, type Row, type Session, type SessionOptions } from './database.ts'
import { parsers, toSend } from './values.ts'

export async function openServer(schema: string, url: Secret): Promise<Database> {
  const config = connection(schema, url)
  const pool = new Pool({ ...config, max: 10, idleTimeoutMillis: 30_000 })
  // A broken idle connection is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  try {
    await pool.query(`create schema if not exists ${schema}`)
  } catch (cause) {
    await pool.end()
    throw refused(url, cause)
  }
  return {
    kind: 'server',
    schema,
    ...queryable(pool),
    transaction: async (work) => {
      const client = await pool.connect()
      try {
        return await transaction(client, work)
      } finally {
        client.release()
      }
    },
    session: async (options) => session(config, options),
    close: async () => pool.end(),
  }
}

/** Of the address only the host is shown: user and password stand beside it. */
function refused(url: Secret, cause: unknown): UserError {
  const host = URL.parse(url.reveal())?.host || 'this machine'
  if (cause instanceof DatabaseError) {
    const help = 'Mend user, password and database in DATABASE_URL; the user must be allowed to create a schema.'
    return new UserError(`the PostgreSQL server on ${host} refuses: ${cause.message}`, { help, cause })
  }
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer'
  const help = 'Start the server, or mend host and port in DATABASE_URL.'
  return new UserError(`the PostgreSQL server on ${host} cannot be reached (${code})`, { help, cause })
}

function connection(schema: string, url: Secret): PoolConfig {
  return {
    connectionString: url.reveal(),
    application_name: 'lotse',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // The server notices a dead peer within 25 seconds, and with it what was locked by the peer is free.
    options: `-c search_path=${schema} -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3`,
    types: {
      getTypeParser: (id: number, format?: 'text' | 'binary') =>
        parsers[id] ?? types.getTypeParser(id, format ?? 'text'),
    } as PoolConfig['types'],
  }
}

function queryable(client: Pool | ClientBase): Queryable {
  return {
    async query<R extends Row>(sql: string, values: readonly unknown[] = []) {
      return (await client.query<R>(sql, toSend(values))).rows
    },
    execute: async (sql) => rowsOf(await client.query(sql)),
  }
}

async function transaction<T>(client: ClientBase, work: (inside: Queryable) => Promise<T>): Promise<T> {
  await client.query('begin')
  try {
    const result = await work(queryable(client))
    await client.query('commit')
    return result
  } catch (error) {
    // The first error says what happened; a rollback that fails too means a connection that is gone.
    await client.query('rollback').catch(() => {})
    throw error
  }
}

async function session(config: PoolConfig, { channel, notified, lost }: SessionOptions): Promise<Session> {
  const client = new Client(config)
  let over = false
  const once = (cause: Error) => {
    if (!over) lost(cause)
    over = true
  }
  client.on('error', once)
  client.on('end', () => once(new Error('the connection to the database ended')))
  client.on('notification', notified)
  try {
    await client.connect()
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
  } catch (error) {
    over = true
    await client.end()
    throw error
  }
  const inTurn = takeTurns()
  const { query, execute } = queryable(client)
  return {
    query: async <R extends Row>(sql: string, values?: readonly unknown[]) => inTurn(async () => query<R>(sql, values)),
    execute: async (sql) => inTurn(async () => execute(sql)),
    transaction: async (work) => inTurn(async () => transaction(client, work)),
    async end() {
      over = true
      await client.end()
    },
  }
}

/** A statement must not fall into somebody else's transaction on the same connection. */
function takeTurns() {
  let last: Promise<unknown> = Promise.resolve()
  return async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => {})
    return mine
  }
}

/** `pg` answers several statements with a list that its types do not know. */
function rowsOf(answer: unknown): readonly Row[] {
  const results = (Array.isArray(answer) ? answer : [answer]) as readonly { readonly rows: readonly Row[] }[]
  return results.flatMap((result) => result.rows)
}
