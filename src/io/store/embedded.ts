import { join } from 'node:path'
import { PGlite, type Transaction } from '@electric-sql/pglite'
import { type Database, type Queryable, type Row, type Session, type SessionOptions } from './database.ts'
import { makeFolder } from './folder.ts'
import { lockFolder } from './lock.ts'
import { parsers, toSend } from './values.ts'

/** Without a folder everything is in memory. */
export async function openEmbedded(schema: string, folder?: string): Promise<Database> {
  if (folder === undefined) return database(await openPglite(schema), schema, async () => {})
  await makeFolder(folder)
  const lock = await lockFolder(folder)
  try {
    return database(await openPglite(schema, join(folder, 'postgres')), schema, lock.release)
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function openPglite(schema: string, dataDir?: string): Promise<PGlite> {
  const pglite = await PGlite.create({
    ...(dataDir === undefined ? {} : { dataDir }),
    parsers,
    // The default of 128 MB costs 300 MiB of memory for tables of a few.
    postgresqlconf: ['shared_buffers = 4MB'],
  })
  await pglite.exec(`create schema if not exists ${schema}; set search_path to ${schema}`)
  return pglite
}

function database(pglite: PGlite, schema: string, closed: () => Promise<void>): Database {
  return {
    kind: 'embedded',
    schema,
    ...queryable(pglite),
    transaction: async (work) => pglite.transaction(async (inside) => work(queryable(inside))),
    session: async (options) => session(pglite, options),
    async close() {
      try {
        if (!pglite.closed) await pglite.close()
      } finally {
        await closed()
      }
    },
  }
}

function queryable(pglite: PGlite | Transaction): Queryable {
  return {
    async query<R extends Row>(sql: string, values: readonly unknown[] = []) {
      return (await pglite.query<R>(sql, toSend(values))).rows
    },
    async execute(sql) {
      try {
        return (await pglite.exec(sql)).flatMap((result) => result.rows as Row[])
      } catch (error) {
        // Statements that began a transaction of their own leave it open when one fails, for everybody.
        if (!('rollback' in pglite)) await pglite.exec('rollback')
        throw error
      }
    },
  }
}

/** There is one connection, so all sessions share it; it cannot be lost before the process is. */
async function session(pglite: PGlite, { channel, notified }: SessionOptions): Promise<Session> {
  const unlisten = await pglite.listen(channel, notified)
  return {
    ...queryable(pglite),
    transaction: async (work) => pglite.transaction(async (inside) => work(queryable(inside))),
    end: async () => unlisten(),
  }
}
