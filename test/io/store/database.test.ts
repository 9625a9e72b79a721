import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test } from 'node:test'
import { Secret } from '../../../src/core/secret.ts'
import { openDatabase } from '../../../src/io/store/database.ts'
import { openTestDatabase, testPlace, testSchema } from './test-database.ts'

const database = await openTestDatabase()

test('values come back as they were sent', async (t) => {
  const cases: readonly (readonly [type: string, sent: unknown, back: unknown])[] = [
    ['text', 'ü – "quoted"', 'ü – "quoted"'],
    ['text', undefined, null],
    ['jsonb', { tags: ['1.2.1'], deep: { yes: true } }, { tags: ['1.2.1'], deep: { yes: true } }],
    ['jsonb', JSON.stringify(['a', 1]), ['a', 1]],
    ['bigint', 9_007_199_254_740_991, 9_007_199_254_740_991],
    ['bigint', '12', 12],
    ['int', 7, 7],
    ['boolean', false, false],
    ['text[]', ['a', 'b,c', '"d"'], ['a', 'b,c', '"d"']],
    ['timestamptz', new Date('2026-11-22T10:00:00.123Z'), new Date('2026-11-22T10:00:00.123Z')],
    ['numeric', '1.50', '1.50'],
  ]
  for (const [type, sent, back] of cases) {
    await t.test(`${type} ${JSON.stringify(sent)}`, async () => {
      assert.deepEqual([...(await database.query(`select $1::${type} as value`, [sent]))], [{ value: back }])
    })
  }
})

test('bytes come back as they were sent', async () => {
  const [row] = await database.query<{ value: Uint8Array }>('select $1::bytea as value', [Uint8Array.of(0, 255, 10)])
  assert.deepEqual([...(row?.value ?? [])], [0, 255, 10])
})

test('a bigint that a number cannot hold is refused', async () => {
  await assert.rejects(database.query('select 9007199254740992::bigint'), RangeError)
  assert.deepEqual([...(await database.query('select count(*) as n from (values (1), (2)) as v'))], [{ n: 2 }])
})

test('execute gives the rows of all its statements', async () => {
  assert.deepEqual([...(await database.execute('select 1 as a; select 2 as b'))], [{ a: 1 }, { b: 2 }])
})

test('a failed statement harms no later one', async () => {
  await assert.rejects(database.query('select no_such_thing'))
  await assert.rejects(database.execute('begin; select no_such_thing; commit'))
  assert.deepEqual([...(await database.query('select 1 as one'))], [{ one: 1 }])
})

test('a transaction that throws leaves nothing behind', async () => {
  await database.query('create table kept (name text)')
  await database.transaction(async (inside) => inside.query("insert into kept values ('committed')"))
  await assert.rejects(
    database.transaction(async (inside) => {
      await inside.query("insert into kept values ('rolled back')")
      throw new Error('no')
    }),
    { message: 'no' },
  )
  assert.deepEqual([...(await database.query('select name from kept'))], [{ name: 'committed' }])
})

test('tables live in the schema', async () => {
  await database.query('create table here (a int)')
  const rows = await database.query("select schemaname from pg_tables where tablename = 'here'")
  assert.deepEqual([...rows], [{ schemaname: database.schema }])
})

test('a session hears what is notified on its channel', async () => {
  const heard = new EventEmitter()
  const session = await database.session({ channel: 'news', notified: () => heard.emit('news'), lost: assert.ifError })
  const news = once(heard, 'news')
  await database.query('select pg_notify($1, $2)', ['news', ''])
  await news
  await session.end()
})

test('a statement of a session waits for its transaction', async () => {
  const session = await database.session({ channel: 'turns', notified: () => {}, lost: assert.ifError })
  const order: string[] = []
  const transaction = session.transaction(async (inside) => {
    await inside.query('select 1')
    order.push('transaction')
  })
  await Promise.all([transaction, session.query('select 2').then(() => order.push('statement'))])
  assert.deepEqual(order, ['transaction', 'statement'])
  await session.end()
})

if (testPlace.kind === 'server') {
  const here = testPlace.url.reveal()

  test('a session that is cut says so once', async () => {
    const events = new EventEmitter()
    const session = await database.session({ channel: 'cut', notified: () => {}, lost: () => events.emit('lost') })
    const lost = once(events, 'lost')
    const [row] = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
    events.on('lost', () => events.once('lost', () => assert.fail('lost twice')))
    await database.query('select pg_terminate_backend($1)', [row?.pid])
    await lost
    await session.end()
  })

  test('a database that is not there is refused, without the password', async () => {
    const url = new URL(here)
    Object.assign(url, { pathname: '/no_such_database', password: 'hidden' })
    await assert.rejects(openDatabase({ kind: 'server', url: new Secret(url.href) }, { schema: testSchema() }), {
      name: 'UserError',
      message: `the PostgreSQL server on ${url.host} refuses: database "no_such_database" does not exist`,
      help: /DATABASE_URL/,
    })
  })
}

test('a server that is not there is an error, not a wait, and shows no password', async () => {
  const nowhere = { kind: 'server', url: new Secret('postgres://nobody:hidden@127.0.0.1:1/none') } as const
  await assert.rejects(openDatabase(nowhere, { schema: testSchema() }), {
    name: 'UserError',
    message: 'the PostgreSQL server on 127.0.0.1:1 cannot be reached (ECONNREFUSED)',
    help: /DATABASE_URL/,
  })
})

test('a schema name that SQL would read as something else is refused', async () => {
  await assert.rejects(openDatabase(testPlace, { schema: 'a; drop table b' }), /not a schema name/)
})
