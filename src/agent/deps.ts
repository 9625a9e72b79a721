import type { AgentMessage, Trouble } from '../core/agent-protocol.ts'
import type { CommitSha } from '../core/ids.ts'
import type { SyncReport } from '../core/sync/report.ts'
import type { SyncId } from '../core/sync/sync-id.ts'
import type { BotLink } from '../io/agent-link/connect.ts'
import type { BranchHead } from '../io/git/mirror.ts'
import type { Kubernetes } from '../io/kubernetes/kubernetes.ts'
import type { AgentSettings } from '../runtime/agent-settings.ts'
import type { Logger } from '../runtime/log.ts'
import type { InventoryStore } from './inventory-store.ts'
import type { ListedKind } from './live.ts'
import type { Manifests, ParsedFiles } from './manifests.ts'
import type { Repository } from './repository.ts'

/** Everything a journey touches the world with. */
export type Deps = {
  readonly settings: AgentSettings
  /** Who marks what it applies. */
  readonly id: SyncId
  /** Names what bears our label. */
  readonly selector: string
  readonly kubernetes: Kubernetes
  readonly repository: Repository
  readonly inventory: InventoryStore
  readonly memory: Memory
  /** To the bot, if there is one. */
  readonly say: (message: AgentMessage) => void
  /** Says to the bot what is at `/status`. */
  readonly tellState: () => void
  /** The connection to the bot, if there is to be one. */
  readonly link: Pick<BotLink, 'retry'>
  /** Watches what was listed. */
  readonly follow: (lists: readonly ListedKind[]) => void
  readonly log: Logger
  readonly now: () => Date
}

/** What is known between two syncs; all of it can be lost. */
export type Memory = {
  readonly parsed: ParsedFiles
  readonly narrow: Set<string>
  /** What the last fetch gave. */
  head?: BranchHead
  manifests?: { readonly commit: CommitSha; readonly manifests: Manifests }
  lastReport?: SyncReport
  /** The newest commit with a full result. */
  lastFull?: CommitSha
  lastFullAt?: Date
  discoveredAt?: Date
  /** A kind was gone that the server had named. */
  isStale: boolean
  /** What all syncs took, by trigger and result. */
  readonly durations: Map<string, { readonly count: number; readonly seconds: number }>
  /** Whether the last fetch and the last look at the API server went well: what is ready is both. */
  fetched: boolean
  /** Since when the newest commit is not known. */
  blindSince?: Date
  /** Why the last sync could not begin. */
  trouble?: Trouble
  looked: boolean
  gitFailures: number
}
