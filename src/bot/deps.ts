import type { InstallationId } from '../core/ids.ts'
import type { GitHub } from '../io/github/client.ts'
import type { AppIdentity } from '../io/github/installations.ts'
import type { AgentDoor } from '../io/agent-link/accept.ts'
import type { Registry } from '../io/registry/client.ts'
import type { Database } from '../io/store/database.ts'
import type { Jobs } from '../runtime/jobs.ts'
import type { Logger } from '../runtime/log.ts'

/** Everything a journey touches the world with. */
export type Deps = {
  readonly github: GitHub
  readonly registry: Registry
  readonly database: Database
  readonly jobs: Jobs
  readonly agents: Agents
  readonly log: Logger
  readonly now: () => Date
  /** Our own id on GitHub, which what we do there carries. */
  readonly appId: number
  /** Who we are; asked once per process. */
  readonly identity: (installation: InstallationId) => Promise<AppIdentity>
}

/** The agents that are connected to this process: to those of other replicas it cannot speak. */
export type Agents = Pick<AgentDoor, 'sessionOf' | 'sessions' | 'recheck'>
