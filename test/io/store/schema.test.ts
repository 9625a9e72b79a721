import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Migration, migrate } from '../../../src/io/store/schema.ts'
import { openTestDatabase } from './test-database.ts'

const database = await openTestDatabase()

const repository: Migration = {
  step: 1,
  name: 'repository',
  sql: 'create table repository (id bigint); create index on repository (id)',
}
const image: Migration = { step: 2, name: 'image', sql: 'create table image (name text)' }
const broken: Migration = {
  step: 2,
  name: 'broken',
  sql: 'create table half (a int); create table image (no_such_type x)',
}

test('migrate applies each step once, also when replicas start together', async () => {
  await migrate(database, [repository])
  await Promise.all([migrate(database, [repository, image]), migrate(database, [repository, image])])
  assert.deepEqual(await steps(), [1, 2])
  assert.deepEqual([...(await database.query('select * from image'))], [])
})

test('migrate leaves nothing behind when a step fails', async () => {
  await database.execute('drop table migration, repository, image')
  await assert.rejects(migrate(database, [repository, broken]))
  const tables = await database.query(
    "select tablename from pg_tables where tablename in ('repository', 'half') and schemaname = $1",
    [database.schema],
  )
  assert.deepEqual([...tables], [])
})

test('migrate refuses a database of a newer version', async () => {
  await migrate(database, [repository, image])
  await assert.rejects(migrate(database, [repository]), {
    name: 'UserError',
    message: /at step 2, this version of lotse knows 1/,
  })
})

test('migrate refuses steps with a gap', async () => {
  await assert.rejects(migrate(database, [image]), { message: 'migration `image` has step 2, expected 1' })
})

async function steps(): Promise<readonly unknown[]> {
  return (await database.query<{ step: number }>('select step from migration order by step')).map((row) => row.step)
}
