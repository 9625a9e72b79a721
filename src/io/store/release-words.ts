import type { ClusterName, RepoId } from '../../core/ids.ts'
import { moveOf, spotOf } from '../../core/release/marker.ts'
import { type RememberedWord, rememberWords, type Words } from '../../core/release/words.ts'
import type { Database, Queryable } from './database.ts'

/** Keeps what was said of the moves of one cluster, as far as it counts. */
export async function keepWords(
  database: Database,
  repository: RepoId,
  cluster: ClusterName,
  words: Words,
): Promise<void> {
  if (words.pulls.length === 0 && words.said.length === 0) return
  await database.transaction(async (inside) => {
    const known = await wordsKnown(inside, { repository, cluster }, words)
    const kept = rememberWords(known, words)
    const moves = new Set(kept.map(({ move }) => move))
    const over = known.filter(({ move }) => !moves.has(move))
    await forgetWords(inside, { repository, cluster }, over)
    // A word that was left as it is is the same object.
    await writeWords(
      inside,
      { repository, cluster },
      kept.filter((word) => !known.includes(word)),
    )
  })
}

type Place = { readonly repository: RepoId; readonly cluster: ClusterName }

/** What these words may change. */
async function wordsKnown(
  database: Queryable,
  { repository, cluster }: Place,
  { pulls, said }: Words,
): Promise<readonly RememberedWord[]> {
  const rows = await database.query<WordRow>(
    `select move, spot, refusal, said_at from release_word where repository = $1 and cluster = $2
       and ((refusal->>'pull')::int = any($3::int[]) or move = any($4::text[]) or spot = any($5::text[]))
     for update`,
    [repository, cluster, pulls, said.map(({ use }) => moveOf(use)), said.map(({ use }) => spotOf(use))],
  )
  return rows.map(wordOf)
}

type WordRow = Omit<RememberedWord, 'spot' | 'saidMs'> & { readonly spot: string | null; readonly said_at: Date }

function wordOf({ said_at: said, spot, ...word }: WordRow): RememberedWord {
  return { ...word, spot: spot ?? undefined, saidMs: said.getTime() }
}

async function forgetWords(
  database: Queryable,
  { repository, cluster }: Place,
  words: readonly RememberedWord[],
): Promise<void> {
  if (words.length === 0) return
  await database.query('delete from release_word where repository = $1 and cluster = $2 and move = any($3::text[])', [
    repository,
    cluster,
    words.map(({ move }) => move),
  ])
}

async function writeWords(
  database: Queryable,
  { repository, cluster }: Place,
  words: readonly RememberedWord[],
): Promise<void> {
  if (words.length === 0) return
  await database.query(
    `insert into release_word (repository, cluster, move, spot, refusal, said_at)
     select $1, $2, said.* from unnest($3::text[], $4::text[], $5::text[]::jsonb[], $6::timestamptz[])
       as said (move, spot, refusal, said_at)
     on conflict (repository, cluster, move)
       do update set spot = excluded.spot, refusal = excluded.refusal, said_at = excluded.said_at`,
    [
      repository,
      cluster,
      words.map(({ move }) => move),
      words.map(({ spot }) => spot),
      words.map(({ refusal }) => JSON.stringify(refusal)),
      words.map(({ saidMs }) => new Date(saidMs).toISOString()),
    ],
  )
}

/** What is remembered of these uses, in whatever cluster. */
export async function readWords(
  database: Queryable,
  repository: RepoId,
  uses: readonly string[],
): Promise<readonly (RememberedWord & { readonly cluster: ClusterName })[]> {
  if (uses.length === 0) return []
  const rows = await database.query<WordRow & { readonly cluster: ClusterName }>(
    `select cluster, move, spot, refusal, said_at from release_word where repository = $1
       and (move = any($2::text[]) or spot = any($3::text[]) and refusal->>'because' = 'taken-over')`,
    [repository, uses.map(moveOf), uses.map(spotOf)],
  )
  return rows.map(({ cluster, ...row }) => ({ cluster, ...wordOf(row) }))
}
