import type { InstallationId } from '../core/ids.ts'
import type { GitHub } from '../io/github/client.ts'
import type { AppIdentity } from '../io/github/installations.ts'
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
  readonly log: Logger
  readonly now: () => Date
  /** Our own id on GitHub, which what we do there carries. */
  readonly appId: number
  /** Who we are; asked once per process. */
  readonly identity: (installation: InstallationId) => Promise<AppIdentity>
}
