import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import { Secret } from '../../../src/core/secret.ts'
import { type Database, type DatabasePlace, openDatabase } from '../../../src/io/store/database.ts'

const url = process.env['DATABASE_URL']

/** The server of `DATABASE_URL` where there is one, else PGlite: the same tests run on both. */
export const testPlace: DatabasePlace =
  url === undefined ? { kind: 'memory' } : { kind: 'server', url: new Secret(url) }

/** One for the tests of a file, in a schema of its own that is gone afterwards. */
export async function openTestDatabase(): Promise<Database> {
  const database = await openDatabase(testPlace, { schema: testSchema() })
  after(async () => {
    await database.execute(
      `drop schema ${database.schema} cascade; drop schema if exists ${database.schema}_jobs cascade`,
    )
    await database.close()
  })
  return database
}

export function testSchema(): string {
  return `test_${randomBytes(6).toString('hex')}`
}
