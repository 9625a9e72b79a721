import type { ClusterName, RepoId } from '../core/ids.ts'
import type { Secret } from '../core/secret.ts'
import { type AgentClaim, type AgentUpgrade, acceptAgents } from '../io/agent-link/accept.ts'
import type { AgentSession } from '../io/agent-link/sessions.ts'
import { repositoriesOfAgent } from '../io/store/agents.ts'
import { agentConnected, agentDisconnected, hearAgent } from './agent-messages.ts'
import type { Agents, Deps } from './deps.ts'
import { formatClusterKey } from './keys.ts'

export type AgentDeps = Omit<Deps, 'agents'>

export type OpenAgents = Agents & {
  readonly upgrades: readonly AgentUpgrade[]
  /**
   * What may have been missed: a key that was taken out while another replica read the configuration, a word that could
   * not be kept, a hint that got lost. Each agent tells its whole state; one that is behind gets its hint again.
   */
  readonly refresh: () => Promise<void>
  /** When everything that agents said is kept. */
  readonly settled: () => Promise<void>
  /** Sessions end, and what they said is kept. */
  readonly close: () => Promise<void>
}

const nobody: Agents = { sessionOf: () => undefined, sessions: () => [], recheck: async () => {} }

/**
 * The agents of all clusters, as far as they connect to this process. What one says is kept, one thing after the other,
 * and then a job looks at it: whoever dies in between loses nothing, for an agent tells all of it after every connect.
 *
 * With several replicas an agent is connected to one of them, and the others cannot speak to it: that hints go from
 * replica to replica is deliberately absent, like long-polling for those who cannot have WebSockets.
 */
export function openAgents(key: Secret | undefined, deps: AgentDeps): OpenAgents {
  if (key === undefined) {
    return { ...nobody, upgrades: [], refresh: async () => {}, settled: async () => {}, close: async () => {} }
  }
  const lanes = createLanes()
  const inLane = (session: AgentSession, work: () => Promise<void>): void => {
    lanes.run(formatClusterKey(session), async () => {
      try {
        await work()
      } catch (error) {
        // The agent is asked for its whole state with the next refresh.
        const { repository, cluster } = session
        deps.log.error({ err: error, repository, cluster }, 'what an agent said could not be kept')
      }
    })
  }
  const door = acceptAgents(
    { key },
    {
      log: deps.log,
      now: deps.now,
      admit: (claim) => admit(deps, claim),
      on: {
        opened: (session) => inLane(session, () => agentConnected(deps, session)),
        message: (session, message) => inLane(session, () => hearAgent(deps, session, message)),
        closed: (session) => inLane(session, () => agentDisconnected(deps, session)),
      },
    },
  )
  return {
    sessionOf: (repository: RepoId, cluster: ClusterName) => door.sessionOf(repository, cluster),
    sessions: door.sessions,
    recheck: door.recheck,
    upgrades: [door.upgrade],
    async refresh() {
      await door.recheck()
      for (const session of door.sessions()) session.say({ kind: 'report' })
    },
    settled: lanes.settled,
    async close() {
      await door.close()
      await lanes.settled()
    },
  }
}

/**
 * A public key is no secret, and anybody may list it: only the repository that the agent itself names is meant. One that
 * was renamed since is known by its id, from when the agent was admitted for it before.
 */
async function admit({ database, log }: AgentDeps, claim: AgentClaim): Promise<RepoId | undefined> {
  const listing = await repositoriesOfAgent(database, claim)
  const meant = listing.find(({ name }) => name === claim.repository)
  const [renamed, ...others] = meant === undefined ? listing.filter(({ known }) => known) : []
  const admitted = meant ?? (others.length === 0 ? renamed : undefined)
  if (admitted === undefined && listing.length > 0) {
    log.warn({ ...claim, listing }, 'agent refused: its key is listed by other repositories than the one that it names')
  }
  return admitted?.id
}

type Lanes = {
  /** After what was put into the same lane before. */
  readonly run: (lane: string, work: () => Promise<void>) => void
  readonly settled: () => Promise<void>
}

function createLanes(): Lanes {
  const lanes = new Map<string, Promise<void>>()
  return {
    run(lane, work) {
      const done = (lanes.get(lane) ?? Promise.resolve()).then(work).then(() => {
        if (lanes.get(lane) === done) lanes.delete(lane)
      })
      lanes.set(lane, done)
    },
    async settled() {
      while (lanes.size > 0) await Promise.all(lanes.values())
    },
  }
}
