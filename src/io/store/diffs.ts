import type { KnownDiff } from '../../core/diff/decide.ts'
import type { ClusterName, CommentId, CommitSha, FilePath, PullNumber, RepoId } from '../../core/ids.ts'
import type { Queryable } from './database.ts'

export type PullId = { readonly repository: RepoId; readonly number: PullNumber }

/** A pull request as GitHub showed it last, as far as its effect on live clusters depends on it. */
export type SeenPull = {
  readonly head: CommitSha
  /** Where its branch left the default branch. */
  readonly base: CommitSha
  readonly fromFork: boolean
  readonly authorMayWrite: boolean | 'unknown'
  readonly touched: readonly FilePath[]
  /** false: there may be more than the touched ones. */
  readonly complete: boolean
  /** Clusters whose check the default branch requires. */
  readonly required: readonly ClusterName[]
}

/** A check run of ours, as it was written last. */
export type KnownRun = {
  readonly id: number
  readonly conclusion: string | undefined
  readonly title: string
  readonly summary: string
}

export type KnownComment = { readonly id: CommentId; readonly body: string }

export type KnownDiffPull = {
  readonly doubts: number
  /** false: it may have changed since, or something of ours may be on it that we do not know. */
  readonly isCurrent: boolean
  /** false: the last run may have died while it wrote. */
  readonly isSettled: boolean
  /** undefined: nobody looked yet. */
  readonly seen: SeenPull | undefined
  readonly comment: KnownComment | undefined
}

/** What was asked of one cluster's agent, and what it said. */
export type KnownLiveDiff = {
  readonly cluster: ClusterName
  readonly head: CommitSha
  readonly base: CommitSha
  readonly askedAt: Date | undefined
  readonly result: KnownDiff['result'] | undefined
  readonly run: KnownRun | undefined
}

/** Where no cluster has an agent nobody could be asked: then nothing is kept, and false is given. */
export async function doubtPull(database: Queryable, { repository, number }: PullId): Promise<boolean> {
  const rows = await database.query(
    `insert into diff_pull (repository, number)
     select id, $2 from repository where id = $1 and jsonb_path_exists(configuration, '$.value.clusters.*.agents[*]')
     on conflict (repository, number) do update set doubts = diff_pull.doubts + 1 returning number`,
    [repository, number],
  )
  return rows.length > 0
}

/** After a change of the configuration. Gives those that were known. */
export async function doubtPulls(database: Queryable, repository: RepoId): Promise<readonly PullNumber[]> {
  const rows = await database.query<{ number: PullNumber }>(
    'update diff_pull set doubts = doubts + 1 where repository = $1 returning number',
    [repository],
  )
  return rows.map(({ number }) => number)
}

export async function readDiffPull(
  database: Queryable,
  { repository, number }: PullId,
): Promise<KnownDiffPull | undefined> {
  const [row] = await database.query<{
    doubts: number
    settled_doubts: number | null
    seen: SeenPull | null
    comment: KnownComment | null
  }>('select doubts, settled_doubts, seen, comment from diff_pull where repository = $1 and number = $2', [
    repository,
    number,
  ])
  if (row === undefined) return undefined
  const { doubts, settled_doubts: settled, seen, comment } = row
  return {
    doubts,
    isCurrent: doubts === settled,
    isSettled: settled !== null,
    seen: seen ?? undefined,
    comment: comment ?? undefined,
  }
}

/** Not current yet: `settlePull` says so when everything that follows from it is written. */
export async function keepSeenPull(
  database: Queryable,
  { repository, number }: PullId,
  { seen, comment }: { readonly seen: SeenPull; readonly comment: KnownComment | undefined },
): Promise<void> {
  await database.query(
    'update diff_pull set seen = $3, head = $4, comment = $5 where repository = $1 and number = $2',
    [repository, number, seen, seen.head, comment],
  )
}

export async function keepDiffComment(
  database: Queryable,
  { repository, number }: PullId,
  comment: KnownComment,
): Promise<void> {
  await database.query('update diff_pull set comment = $3 where repository = $1 and number = $2', [
    repository,
    number,
    comment,
  ])
}

/** A doubt that came since the count was read stays. */
export async function settlePull(database: Queryable, { repository, number }: PullId, doubts: number): Promise<void> {
  await database.query('update diff_pull set settled_doubts = $3 where repository = $1 and number = $2', [
    repository,
    number,
    doubts,
  ])
}

/** What is written next may be there without our knowing of it, if we die: then it is looked for. */
export async function unsettlePull(database: Queryable, { repository, number }: PullId): Promise<void> {
  await database.query('update diff_pull set settled_doubts = null where repository = $1 and number = $2', [
    repository,
    number,
  ])
}

export async function forgetPull(database: Queryable, { repository, number }: PullId): Promise<void> {
  await database.query('delete from diff_pull where repository = $1 and number = $2', [repository, number])
}

/** The heads for which each known pull request was looked at to the end; the others map to undefined. */
export async function settledHeads(
  database: Queryable,
  repository: RepoId,
): Promise<ReadonlyMap<PullNumber, CommitSha | undefined>> {
  const rows = await database.query<{ number: PullNumber; head: CommitSha | null }>(
    `select number, case when doubts = settled_doubts then head end as head from diff_pull where repository = $1`,
    [repository],
  )
  return new Map(rows.map(({ number, head }) => [number, head ?? undefined]))
}

type LiveDiffRow = {
  readonly cluster: ClusterName
  readonly head: CommitSha
  readonly base: CommitSha
  readonly asked_at: Date | null
  readonly result: KnownDiff['result'] | null
  readonly run: KnownRun | null
}

export async function readLiveDiffs(
  database: Queryable,
  { repository, number }: PullId,
): Promise<readonly KnownLiveDiff[]> {
  const rows = await database.query<LiveDiffRow>(
    'select cluster, head, base, asked_at, result, run from live_diff where repository = $1 and pull = $2',
    [repository, number],
  )
  return rows.map(({ cluster, head, base, asked_at: askedAt, result, run }) => ({
    cluster,
    head,
    base,
    askedAt: askedAt ?? undefined,
    result: result ?? undefined,
    run: run ?? undefined,
  }))
}

/** An answer stays while it is about the same two commits. */
export async function keepLiveDiff(
  database: Queryable,
  { repository, number }: PullId,
  { cluster, head, base, askedAt, run }: Omit<KnownLiveDiff, 'result'>,
): Promise<void> {
  await database.query(
    `insert into live_diff (repository, pull, cluster, head, base, asked_at, run)
     select repository, number, $3, $4, $5, $6, $7 from diff_pull where repository = $1 and number = $2
     on conflict (repository, pull, cluster) do update set
       head = excluded.head, base = excluded.base, asked_at = excluded.asked_at, run = excluded.run,
       result = case when (live_diff.head, live_diff.base) = (excluded.head, excluded.base) then live_diff.result end`,
    [repository, number, cluster, head, base, askedAt, run],
  )
}

/** false: nobody asked for this answer, or not any more. */
export async function keepDiffResult(
  database: Queryable,
  { repository, number }: PullId,
  { cluster, head, base, result }: { readonly cluster: ClusterName } & KnownDiff,
): Promise<boolean> {
  const rows = await database.query(
    `update live_diff set result = $6
     where repository = $1 and pull = $2 and cluster = $3 and head = $4 and base = $5 returning pull`,
    [repository, number, cluster, head, base, result],
  )
  return rows.length > 0
}

/** A person asks for one answer anew. */
export async function forgetDiffResult(
  database: Queryable,
  { repository, number }: PullId,
  cluster: ClusterName,
): Promise<void> {
  await database.query(
    'update live_diff set result = null, asked_at = null where repository = $1 and pull = $2 and cluster = $3',
    [repository, number, cluster],
  )
}

/** Those for which an answer is missing, or a part of it that may be told later: of one cluster, or of any. */
export async function unansweredPulls(
  database: Queryable,
  repository: RepoId,
  cluster?: ClusterName,
): Promise<readonly PullNumber[]> {
  const rows = await database.query<{ pull: PullNumber }>(
    `select distinct pull from live_diff
     where repository = $1 and ($2::text is null or cluster = $2) and (
       result is null or result->>'kind' = 'failed'
       or jsonb_path_exists(result, '$.diff.problems[*] ? (@.turn != "author")'))
     order by pull`,
    [repository, cluster],
  )
  return rows.map(({ pull }) => pull)
}

/** The pull request of a head, known by what was asked about it. */
export async function pullsOfHead(
  database: Queryable,
  repository: RepoId,
  head: CommitSha,
): Promise<readonly PullNumber[]> {
  const rows = await database.query<{ number: PullNumber }>(
    'select number from diff_pull where repository = $1 and head = $2 order by number',
    [repository, head],
  )
  return rows.map(({ number }) => number)
}
