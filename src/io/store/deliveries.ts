import type { Queryable } from './database.ts'

export type Delivery = { readonly guid: string; readonly event: string; readonly payload: string }

/** Keeps a delivery before it is answered. false: it was processed before, and nothing needs to be done. */
export async function keepDelivery(database: Queryable, delivery: Delivery): Promise<boolean> {
  const rows = await database.query<{ done: boolean }>(
    `insert into delivery (guid, event, payload) values ($1, $2, $3)
     on conflict (guid) do update set guid = excluded.guid
     returning done_at is not null as done`,
    [delivery.guid, delivery.event, delivery.payload],
  )
  return rows[0]?.done !== true
}

export async function readDelivery(database: Queryable, guid: string): Promise<Delivery | undefined> {
  const [row] = await database.query<Delivery>(
    'select guid, event, payload from delivery where guid = $1 and done_at is null',
    [guid],
  )
  return row
}

/** Of what is done only the guid is needed any more: payloads are large, and private. */
export async function finishDelivery(database: Queryable, guid: string): Promise<void> {
  await database.query("update delivery set done_at = now(), payload = '' where guid = $1", [guid])
}

/** Which of these were kept, processed or not. */
export async function keptDeliveries(database: Queryable, guids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ guid: string }>('select guid from delivery where guid = any($1::text[])', [
    [...guids],
  ])
  return new Set(rows.map(({ guid }) => guid))
}

/** What was kept but not processed when a process died. */
export async function openDeliveries(database: Queryable): Promise<readonly string[]> {
  const rows = await database.query<{ guid: string }>(
    'select guid from delivery where done_at is null order by received_at, guid',
  )
  return rows.map(({ guid }) => guid)
}

/**
 * A guid is remembered for as long as GitHub can redeliver it; after that it only takes room. One that was not processed
 * by then never will be, and would be tried for ever.
 */
export async function forgetDeliveries(database: Queryable, before: Date): Promise<void> {
  await database.query('delete from delivery where received_at < $1', [before.toISOString()])
}
