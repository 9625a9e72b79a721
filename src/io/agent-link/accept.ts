import { type IncomingMessage } from 'node:http'
import { type Duplex } from 'node:stream'
import { type AgentMessage, type BotMessage } from '../../core/agent-protocol.ts'
import { type AgentKey } from '../../core/config/agent-key.ts'
import { type ClusterName, type RepoId } from '../../core/ids.ts'
import { type Secret } from '../../core/secret.ts'
import { type LinkLog } from './link-log.ts'

export type AcceptSettings = {
  /** PKCS8 PEM, Ed25519: the bot's own. */
  readonly key: Secret
}

/** Who somebody says to be, and has proved to hold the key of. */
export type AgentClaim = { readonly cluster: ClusterName; readonly key: AgentKey }

export type AcceptDeps = {
  readonly log: LinkLog
  readonly now: () => Date
  /** The repository whose merged configuration lists this key for this cluster; undefined: none does. */
  readonly admit: (claim: AgentClaim) => Promise<RepoId | undefined>
  readonly on: {
    readonly opened: (session: AgentSession) => void
    readonly message: (session: AgentSession, message: AgentMessage) => void
    readonly closed: (session: AgentSession) => void
  }
}

export type AgentSession = {
  readonly repository: RepoId
  readonly cluster: ClusterName
  readonly key: AgentKey
  readonly since: Date
  /** Said to nobody when the session is over: the agent tells its whole state when it comes back. */
  readonly say: (message: BotMessage) => void
}

/** Fits `upgrades` of the HTTP server. */
export type AgentUpgrade = {
  readonly path: string
  readonly handle: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

export type AgentDoor = {
  readonly upgrade: AgentUpgrade
  readonly sessionOf: (repository: RepoId, cluster: ClusterName) => AgentSession | undefined
  readonly sessions: () => readonly AgentSession[]
  /** Closes the sessions whose key is no longer admitted: after every change of a configuration. */
  readonly recheck: () => Promise<void>
  readonly close: () => Promise<void>
}

export declare function acceptAgents(settings: AcceptSettings, deps: AcceptDeps): AgentDoor
