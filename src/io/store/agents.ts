import type { AgentState } from '../../core/agent-protocol.ts'
import type { AgentKey } from '../../core/config/agent-key.ts'
import type { ClusterName, RepoId, RepoName } from '../../core/ids.ts'
import type { Queryable } from './database.ts'

/** The agent of one cluster of one repository. */
export type AgentId = { readonly repository: RepoId; readonly cluster: ClusterName }

export type KnownAgent = {
  readonly cluster: ClusterName
  /** ISO 8601. */
  readonly lastSeen: string
  /** What it said last, however long ago. */
  readonly state: AgentState | undefined
}

/** A repository that lists an agent's key; `known`: this agent was admitted for it before. */
export type ListingRepository = { readonly id: RepoId; readonly name: RepoName; readonly known: boolean }

/** The repositories whose merged configuration lists this key for this cluster; of a broken one, the last before it. */
export async function repositoriesOfAgent(
  database: Queryable,
  { cluster, key }: { readonly cluster: ClusterName; readonly key: AgentKey },
): Promise<readonly ListingRepository[]> {
  return database.query<ListingRepository>(
    `select id, name, exists (select from agent where repository = id and cluster = $1 and key = $2) as known
     from repository
     where not archived and readable->'clusters'->$1->'agents' @> to_jsonb($2::text) order by id`,
    [cluster, key],
  )
}

export async function keepConnected(
  database: Queryable,
  { repository, cluster }: AgentId,
  { key, at }: { readonly key: AgentKey; readonly at: Date },
): Promise<void> {
  await database.query(
    `insert into agent (repository, cluster, key, connected_since, last_seen)
     select id, $2, $3, $4, $4 from repository where id = $1
     on conflict (repository, cluster) do update set
       key = excluded.key, connected_since = excluded.connected_since, last_seen = excluded.last_seen`,
    [repository, cluster, key, at],
  )
}

/** For people: whether an agent can be spoken to, its session says. */
export async function keepDisconnected(database: Queryable, { repository, cluster }: AgentId, at: Date): Promise<void> {
  await database.query(
    'update agent set connected_since = null, last_seen = $3 where repository = $1 and cluster = $2',
    [repository, cluster, at],
  )
}

/** Its row may have gone while it stayed connected: with an installation that was taken away and came back. */
export async function keepAgentState(
  database: Queryable,
  { repository, cluster }: AgentId,
  {
    key,
    since,
    state,
    at,
  }: { readonly key: AgentKey; readonly since: Date; readonly state: AgentState; readonly at: Date },
): Promise<void> {
  await database.query(
    `insert into agent (repository, cluster, key, connected_since, last_seen, state)
     select id, $2, $3, $4, $5, $6 from repository where id = $1
     on conflict (repository, cluster) do update set state = excluded.state, last_seen = excluded.last_seen`,
    [repository, cluster, key, since, at, state],
  )
}

export async function readAgents(database: Queryable, repository: RepoId): Promise<readonly KnownAgent[]> {
  const rows = await database.query<{ cluster: ClusterName; last_seen: string; state: AgentState | null }>(
    `select cluster, state, to_char(last_seen at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as last_seen
     from agent where repository = $1 order by cluster`,
    [repository],
  )
  return rows.map(({ cluster, last_seen: lastSeen, state }) => ({ cluster, lastSeen, state: state ?? undefined }))
}

export async function readAgent(
  database: Queryable,
  { repository, cluster }: AgentId,
): Promise<KnownAgent | undefined> {
  return (await readAgents(database, repository)).find((agent) => agent.cluster === cluster)
}

/** Of clusters that the configuration no longer has an agent for, with all that was told of them. */
export async function forgetAgentsExcept(
  database: Queryable,
  repository: RepoId,
  kept: readonly ClusterName[],
): Promise<void> {
  for (const table of ['agent', 'sync_history', 'deployment', 'told_failure', 'live_diff']) {
    await database.query(`delete from ${table} where repository = $1 and not cluster = any($2::text[])`, [
      repository,
      [...kept],
    ])
  }
}
