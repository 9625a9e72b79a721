import { isDeepStrictEqual } from 'node:util'
import type { Configuration } from '../../core/config/configuration.ts'
import type { ClusterName, CommitSha } from '../../core/ids.ts'
import { forgetAgentsExcept } from '../../io/store/agents.ts'
import { doubtPulls } from '../../io/store/diffs.ts'
import type { KnownRepository } from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { formatPullKey, journeys } from '../keys.ts'

export type NewHead = {
  readonly head: CommitSha
  readonly configuration: KnownRepository['configuration']
}

/**
 * What follows for the agents from a head that was just read. Whoever dies in between loses minutes: agents prove
 * themselves anew after a restart, and the refresh finds the others.
 */
export async function headMoved(deps: Deps, before: KnownRepository, { head, configuration }: NewHead): Promise<void> {
  if (!isDeepStrictEqual(before.configuration, configuration)) {
    await configurationChanged(deps, before, configuration)
  }
  hintAgents(deps, before, head)
}

/** The clusters of a configuration for which somebody can be asked. */
export function clustersWithAgents({ clusters }: Configuration): readonly ClusterName[] {
  return Object.entries(clusters).flatMap(([name, { agents }]) => (agents.length > 0 ? [name as ClusterName] : []))
}

async function configurationChanged(
  { agents, database, jobs }: Deps,
  { id }: KnownRepository,
  configuration: NewHead['configuration'],
): Promise<void> {
  await agents.recheck()
  // Of a broken configuration nobody knows which clusters it means to keep.
  if (configuration?.ok === false) return
  const clusters = configuration === undefined ? [] : clustersWithAgents(configuration.value)
  await forgetAgentsExcept(database, id, clusters)
  for (const number of await doubtPulls(database, id)) {
    await jobs.ask(journeys.diff, formatPullKey({ repository: id, number }))
  }
  if (clusters.length > 0) await jobs.ask(journeys.overlookedDiffs, `${id}`)
}

/**
 * All of the repository, not only those whose files changed: what an agent's manifests draw in from elsewhere only the
 * agent knows, and a hint costs it one look at the branch.
 */
function hintAgents({ agents, log }: Deps, { id, name }: KnownRepository, head: CommitSha): void {
  const told = agents.sessions().filter(({ repository }) => repository === id)
  for (const session of told) session.say({ kind: 'fetch', commit: head })
  if (told.length > 0) log.info({ repository: name, head, agents: told.length }, 'agents told of a new head')
}
