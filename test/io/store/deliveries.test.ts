import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Delivery,
  finishDelivery,
  forgetDeliveries,
  keptDeliveries,
  keepDelivery,
  openDeliveries,
  readDelivery,
} from '../../../src/io/store/deliveries.ts'
import { openMigrated } from './migrated.ts'

const database = await openMigrated()

const delivery: Delivery = { guid: 'a-delivery', event: 'push', payload: '{"ü": "✓ \\u0000"}' }
const hourMs = 3_600_000
const inAnHour = (): Date => new Date(Date.now() + hourMs)
const anHourAgo = (): Date => new Date(Date.now() - hourMs)

test('a delivery comes back as it was kept, until it is done', async () => {
  assert.equal(await readDelivery(database, delivery.guid), undefined)
  assert.equal(await keepDelivery(database, delivery), true)
  assert.deepEqual(await readDelivery(database, delivery.guid), delivery)
  await finishDelivery(database, delivery.guid)
  assert.equal(await readDelivery(database, delivery.guid), undefined)
})

test('a delivery is news until it is done', async () => {
  await keepDelivery(database, delivery)
  assert.equal(await keepDelivery(database, delivery), true)
  await finishDelivery(database, delivery.guid)
  assert.equal(await keepDelivery(database, delivery), false)
})

test('kept deliveries are known, done or not', async () => {
  for (const guid of ['open', 'done']) await keepDelivery(database, { ...delivery, guid })
  await finishDelivery(database, 'done')
  assert.deepEqual(await keptDeliveries(database, ['open', 'done', 'lost']), new Set(['open', 'done']))
  assert.deepEqual(await keptDeliveries(database, []), new Set())
})

test('of a delivery that is done the payload is gone', async () => {
  await keepDelivery(database, delivery)
  await finishDelivery(database, delivery.guid)
  await keepDelivery(database, delivery)
  const rows = await database.query<{ payload: string }>('select payload from delivery')
  assert.deepEqual([...rows], [{ payload: '' }])
})

test('the first of two deliveries with one id counts', async () => {
  await keepDelivery(database, delivery)
  await keepDelivery(database, { ...delivery, event: 'status', payload: '{}' })
  assert.deepEqual(await readDelivery(database, delivery.guid), delivery)
})

test('deliveries that are not done are found, oldest first', async () => {
  for (const guid of ['third', 'first', 'done', 'second']) await keepDelivery(database, { ...delivery, guid })
  await finishDelivery(database, 'done')
  await database.query(`update delivery set received_at = now() - interval '1 hour' where guid = 'first'`)
  await database.query(`update delivery set received_at = now() + interval '1 hour' where guid = 'third'`)
  assert.deepEqual(await openDeliveries(database), ['first', 'second', 'third'])
})

test('a delivery is remembered until GitHub cannot send it again', async () => {
  await keepDelivery(database, delivery)
  await finishDelivery(database, delivery.guid)
  await forgetDeliveries(database, anHourAgo())
  assert.equal(await keepDelivery(database, delivery), false)
  await forgetDeliveries(database, inAnHour())
  assert.equal(await keepDelivery(database, delivery), true)
})

test('a delivery that can never be processed is forgotten, too', async () => {
  await keepDelivery(database, delivery)
  await forgetDeliveries(database, anHourAgo())
  assert.deepEqual(await openDeliveries(database), [delivery.guid])
  await forgetDeliveries(database, inAnHour())
  assert.deepEqual(await openDeliveries(database), [])
})
