import type { ClusterName, RepoId } from '../../core/ids.ts'
import { moveOf, spotOf } from '../../core/release/marker.ts'
import type { RememberedWord, Words } from '../../core/release/refusal.ts'
import type { Database, Queryable } from './database.ts'

/**
 * Keeps what was said of the moves of one cluster. The last word on a move counts; that another tag was released to the
 * same container since ends all that was said of it before. So there are few for each container, however long its history.
 */
export async function keepWords(
  database: Database,
  repository: RepoId,
  cluster: ClusterName,
  { pulls, said }: Words,
): Promise<void> {
  if (pulls.length === 0 && said.length === 0) return
  const moves = said.map(({ use }) => moveOf(use))
  const spots = said.map(({ use }) => spotOf(use))
  const refusals = said.map(({ refusal }) => JSON.stringify(refusal))
  const times = said.map(({ saidMs }) => new Date(saidMs).toISOString())
  await database.transaction(async (inside) => {
    await inside.query(
      `delete from release_word where repository = $1 and cluster = $2
         and (refusal->>'pull')::int = any($3::int[]) and move <> all($4::text[])`,
      [repository, cluster, pulls, moves],
    )
    await inside.query(
      `insert into release_word (repository, cluster, move, spot, refusal, said_at)
       select $1, $2, said.* from unnest($3::text[], $4::text[], $5::text[]::jsonb[], $6::timestamptz[])
         as said (move, spot, refusal, said_at)
       where not exists (
         select from release_word as later
         where later.repository = $1 and later.cluster = $2 and later.spot = said.spot and later.move <> said.move
           and later.refusal->>'because' in ('reverted', 'taken-back') and later.said_at > said.said_at)
       on conflict (repository, cluster, move) do update set refusal = excluded.refusal, said_at = excluded.said_at
       where release_word.said_at < excluded.said_at
         -- what a pull request says now, also in the second in which it said another thing
         or (release_word.refusal->>'pull')::int = any($7::int[]) and release_word.refusal <> excluded.refusal`,
      [repository, cluster, moves, spots, refusals, times, pulls],
    )
    await inside.query(
      `delete from release_word as word using release_word as later
       where word.repository = $1 and word.cluster = $2 and word.spot = any($3::text[])
         and later.repository = $1 and later.cluster = $2 and later.spot = word.spot and later.move <> word.move
         and later.refusal->>'because' in ('reverted', 'taken-back') and later.said_at >= word.said_at
         -- in the same second: what is told later was said later
         and (later.said_at > word.said_at or later.move = any($4::text[]) and word.move <> all($4::text[]))`,
      [repository, cluster, spots, moves],
    )
  })
}

/** What is remembered of these uses, in whatever cluster. */
export async function readWords(
  database: Queryable,
  repository: RepoId,
  uses: readonly string[],
): Promise<readonly RememberedWord[]> {
  if (uses.length === 0) return []
  return database.query<RememberedWord>(
    `select cluster, move, spot, refusal from release_word where repository = $1
       and (move = any($2::text[]) or spot = any($3::text[]) and refusal->>'because' = 'taken-over')`,
    [repository, uses.map(moveOf), uses.map(spotOf)],
  )
}
