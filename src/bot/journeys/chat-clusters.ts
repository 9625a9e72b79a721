import type { ClusterStatus } from '../../core/command/status.ts'
import type { Answer } from '../../core/command/reply.ts'
import { configurationPath } from '../../core/config/configuration.ts'
import type { ClusterName } from '../../core/ids.ts'
import { formatProblem } from '../../core/parsed.ts'
import { type KnownAgent, readAgents } from '../../io/store/agents.ts'
import type { KnownRepository } from '../../io/store/repositories.ts'
import { readHistory } from '../../io/store/syncs.ts'
import type { Deps } from '../deps.ts'
import { agentFacts } from './diff-facts.ts'
import { currentRepository } from './reading.ts'

/** How a cluster fares as its agent said last, or how all of them do, and whether that is where the branch is now. */
export async function status(deps: Deps, known: KnownRepository, asked: ClusterName | undefined): Promise<Answer> {
  const repository = (await currentRepository(deps, known.id)) ?? known
  const statuses = await statusesOf(deps, repository)
  if (statuses === undefined) return unconfigured(repository)
  const { configuration } = repository
  const broken = configuration?.ok === false ? { broken: configuration.problems[0] } : {}
  if (asked === undefined) return { kind: 'status', clusters: statuses, ...broken }
  const found = statuses.find(({ cluster }) => cluster === asked)
  if (found !== undefined) return { kind: 'status', clusters: [found], ...broken }
  return { kind: 'no-such-cluster', cluster: asked, known: statuses.map(({ cluster }) => cluster) }
}

/** A hint: what the agent then applies it fetches itself. Hinting twice is harmless. */
export async function sync(deps: Deps, repository: KnownRepository, cluster: ClusterName): Promise<Answer> {
  const statuses = await statusesOf(deps, repository)
  if (statuses === undefined) return unconfigured(repository)
  const agent = statuses.find((each) => each.cluster === cluster)?.agent
  if (agent === undefined) {
    return { kind: 'no-such-cluster', cluster, known: statuses.map((each) => each.cluster) }
  }
  switch (agent.kind) {
    case 'none':
      return { kind: 'no-agent', cluster }
    case 'offline':
      return { kind: 'offline', cluster, ...(agent.since === undefined ? {} : { since: agent.since }) }
    case 'connected':
      deps.agents.sessionOf(repository.id, cluster)?.say({ kind: 'sync' })
      deps.log.info({ repository: repository.name, cluster }, 'agent asked to sync by a person')
      return { kind: 'asked', cluster }
  }
}

/** undefined: there is no configuration to say which clusters there are, or nobody could ever read it. */
async function statusesOf(deps: Deps, repository: KnownRepository): Promise<readonly ClusterStatus[] | undefined> {
  if (repository.readable === undefined) return undefined
  const known = await readAgents(deps.database, repository.id)
  const names = Object.keys(repository.readable.clusters)
  return Promise.all(names.map((name) => statusOf(deps, repository, { cluster: name as ClusterName, known })))
}

async function statusOf(
  deps: Deps,
  repository: KnownRepository,
  { cluster, known }: { readonly cluster: ClusterName; readonly known: readonly KnownAgent[] },
): Promise<ClusterStatus> {
  const { id, defaultBranch: branch, head } = repository
  const state = known.find((agent) => agent.cluster === cluster)?.state
  const history = await readHistory(deps.database, { repository: id, cluster })
  const keptFull = history.find(({ result }) => result === 'full')?.commit
  return {
    cluster,
    agent: agentFacts(deps, repository, { cluster, known }),
    ...(state === undefined ? {} : { state }),
    ...(keptFull === undefined ? {} : { keptFull }),
    ...(head === undefined ? {} : { tip: { branch, head } }),
  }
}

function unconfigured({ configuration }: KnownRepository): Answer {
  const says =
    configuration?.ok === false
      ? `the configuration cannot be read: ${formatProblem(configuration.problems[0])}`
      : `there is no ${configurationPath} on the default branch, so no cluster is known`
  return { kind: 'failed', says }
}
