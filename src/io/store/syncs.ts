import type { CommitSha } from '../../core/ids.ts'
import type { SyncReport } from '../../core/sync/report.ts'
import type { AgentId } from './agents.ts'
import type { Queryable } from './database.ts'

/** Enough to see what happened this week; a sync that changed nothing is not in it. */
const mostSyncs = 100

export type PastSync = Pick<SyncReport, 'commit' | 'result' | 'counts'>

/**
 * Adds a sync to the history of its cluster, once however often it is told. A timer's sync that finds all as it was is
 * no history: it would push everything else out within hours.
 */
export async function addSync(
  database: Queryable,
  { repository, cluster }: AgentId,
  report: SyncReport,
): Promise<void> {
  const { commit, result, counts, finishedAt } = report
  if (Number.isNaN(Date.parse(finishedAt))) return
  const [last] = await readHistory(database, { repository, cluster })
  const changed = counts.applied + counts.corrected + counts.pruned > 0
  if (!changed && last?.commit === commit && last.result === result) return
  await database.query(
    `insert into sync_history (repository, cluster, finished_at, commit, result, counts)
     select id, $2, $3, $4, $5, $6 from repository where id = $1 on conflict do nothing`,
    [repository, cluster, new Date(finishedAt), commit, result, counts],
  )
  await database.query(
    `delete from sync_history where repository = $1 and cluster = $2 and finished_at < (
       select min(finished_at) from (
         select finished_at from sync_history where repository = $1 and cluster = $2
         order by finished_at desc limit ${mostSyncs}) as newest)`,
    [repository, cluster],
  )
}

/** Newest first. */
export async function readHistory(database: Queryable, { repository, cluster }: AgentId): Promise<readonly PastSync[]> {
  return database.query<PastSync>(
    `select commit, result, counts from sync_history where repository = $1 and cluster = $2 order by finished_at desc`,
    [repository, cluster],
  )
}

/** What GitHub was told last of a cluster: it is not told the same again. */
export type ToldDeployment = {
  /** The commit whose sync was said to have begun. */
  readonly syncing?: CommitSha | undefined
  /** Which report was told, in short. */
  readonly report?: string | undefined
  /** GitHub's id of the deployment. */
  readonly id: number
  readonly commit: CommitSha
}

export async function keepDeployment(
  database: Queryable,
  { repository, cluster }: AgentId,
  { syncing, report, id, commit }: ToldDeployment,
): Promise<void> {
  await database.query(
    `insert into deployment (repository, cluster, commit, id, syncing, report)
     select repository.id, $2, $3, $4, $5, $6 from repository where repository.id = $1
     on conflict (repository, cluster) do update set
       commit = excluded.commit, id = excluded.id, syncing = excluded.syncing, report = excluded.report`,
    [repository, cluster, commit, id, syncing, report],
  )
}

export async function readDeployment(
  database: Queryable,
  { repository, cluster }: AgentId,
): Promise<ToldDeployment | undefined> {
  const [row] = await database.query<{
    commit: CommitSha
    id: number
    syncing: CommitSha | null
    report: string | null
  }>('select commit, id, syncing, report from deployment where repository = $1 and cluster = $2', [repository, cluster])
  if (row === undefined) return undefined
  const { commit, id, syncing, report } = row
  return { commit, id, syncing: syncing ?? undefined, report: report ?? undefined }
}

export async function keepToldFailure(
  database: Queryable,
  { repository, cluster }: AgentId,
  commit: CommitSha,
): Promise<void> {
  await database.query(
    'insert into told_failure (repository, cluster, commit) values ($1, $2, $3) on conflict do nothing',
    [repository, cluster, commit],
  )
}

export async function isFailureTold(
  database: Queryable,
  { repository, cluster }: AgentId,
  commit: CommitSha,
): Promise<boolean> {
  const rows = await database.query('select from told_failure where repository = $1 and cluster = $2 and commit = $3', [
    repository,
    cluster,
    commit,
  ])
  return rows.length > 0
}
