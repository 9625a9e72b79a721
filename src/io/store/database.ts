import { type Secret } from '../../core/secret.ts'
import { openEmbedded } from './embedded.ts'
import { openServer } from './server.ts'

export type Row = Readonly<Record<string, unknown>>

export type Queryable = {
  /**
   * One statement. A plain object among the values is sent as JSON, an array as a PostgreSQL array, `undefined` as
   * null. A bigint comes back as a number: what we count and every id of GitHub fits, and what does not fit throws.
   */
  readonly query: <R extends Row = Row>(sql: string, values?: readonly unknown[]) => Promise<readonly R[]>
  /** Several statements without values, as migrations are written; the rows of all of them. */
  readonly execute: (sql: string) => Promise<readonly Row[]>
}

/**
 * One connection of its own. Session locks taken and channels listened to on it end with it, or with the process:
 * that is what makes them a proof of life.
 */
export type Session = Queryable & {
  transaction<T>(work: (inside: Queryable) => Promise<T>): Promise<T>
  readonly end: () => Promise<void>
}

export type SessionOptions = {
  readonly channel: string
  readonly notified: () => void
  /** The connection broke without `end()`: its locks are gone. Called at most once. */
  readonly lost: (cause: Error) => void
}

/** The same behaviour on embedded PGlite and on a PostgreSQL server. */
export type Database = Queryable & {
  readonly kind: 'embedded' | 'server'
  /** Where the caller's tables live: it is the search path of every statement. */
  readonly schema: string
  /** Rolled back when `work` throws. */
  transaction<T>(work: (inside: Queryable) => Promise<T>): Promise<T>
  session(options: SessionOptions): Promise<Session>
  readonly close: () => Promise<void>
}

export type DatabasePlace =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'memory' }
  | { readonly kind: 'server'; readonly url: Secret }

/** Creates the schema if it is missing. A folder belongs to one process at a time: see `lock.ts`. */
export async function openDatabase(place: DatabasePlace, options: { readonly schema: string }): Promise<Database> {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(options.schema)) throw new Error(`not a schema name: ${options.schema}`)
  switch (place.kind) {
    case 'folder':
      return openEmbedded(options.schema, place.path)
    case 'memory':
      return openEmbedded(options.schema)
    case 'server':
      return openServer(options.schema, place.url)
  }
}
