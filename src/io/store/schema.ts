import { UserError } from '../../core/user-error.ts'
import { type Database, type Queryable } from './database.ts'

/** One that was released is never edited: a mistake is mended by the next one. */
export type Migration = { readonly step: number; readonly name: string; readonly sql: string }

/**
 * Brings the schema up to date. Replicas that start together wait for each other, and a step that fails leaves nothing
 * behind: all steps are one transaction. Steps are numbered from 1 without gaps.
 */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<void> {
  demandNumbered(migrations)
  await database.transaction(async (inside) => {
    await inside.query('select pg_advisory_xact_lock(hashtext($1), hashtext($2))', ['lotse migrate', database.schema])
    const done = await lastStep(inside)
    if (done > migrations.length) throw newer(done, migrations.length)
    for (const { step, name, sql } of migrations.slice(done)) {
      await inside.execute(sql)
      await inside.query('insert into migration (step, name) values ($1, $2)', [step, name])
    }
  })
}

async function lastStep(inside: Queryable): Promise<number> {
  await inside.execute(
    'create table if not exists migration (step int primary key, name text not null, at timestamptz not null default now())',
  )
  const [row] = await inside.query<{ step: number }>('select coalesce(max(step), 0) as step from migration')
  return row?.step ?? 0
}

function demandNumbered(migrations: readonly Migration[]): void {
  for (const [index, { step, name }] of migrations.entries()) {
    if (step !== index + 1) throw new Error(`migration \`${name}\` has step ${step}, expected ${index + 1}`)
  }
}

function newer(done: number, known: number): UserError {
  return new UserError(`the database is at step ${done}, this version of lotse knows ${known}`, {
    help: 'Start the newer version again, or restore the backup made before it.',
  })
}
