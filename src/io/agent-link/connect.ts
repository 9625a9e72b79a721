import { type AgentMessage, type AgentState, type BotMessage } from '../../core/agent-protocol.ts'
import { type AgentKey } from '../../core/config/agent-key.ts'
import { type ClusterName } from '../../core/ids.ts'
import { type Secret } from '../../core/secret.ts'
import { type LinkLog } from './link-log.ts'

export type ConnectSettings = {
  /** Where the bot is: `https://lotse.example.com`; the link's path is added. */
  readonly url: string
  readonly cluster: ClusterName
  /** PKCS8 PEM, Ed25519: what `lotse key` writes. */
  readonly key: Secret
  /** The bot's public key: who answers with another one is not the bot. */
  readonly botKey: AgentKey
}

export type ConnectDeps = {
  readonly log: LinkLog
  readonly now: () => Date
  /** In [0, 1). */
  readonly random: () => number
  readonly on: {
    readonly message: (message: BotMessage, reply: (message: AgentMessage) => void) => void
    /** Asked at every connect, and said before anything else. */
    readonly state: () => AgentState
    readonly connected?: () => void
    readonly lost?: () => void
    /** How far the bot's clock is ahead of ours; for people and metrics, nothing depends on it. */
    readonly skew?: (milliseconds: number) => void
  }
}

export type BotLink = {
  /** Without a connection the newest of a kind (of a pull request, for `diffed`) waits for the next one. */
  readonly say: (message: AgentMessage) => void
  readonly connected: () => boolean
  readonly close: () => Promise<void>
}

export declare function connectToBot(settings: ConnectSettings, deps: ConnectDeps): BotLink
