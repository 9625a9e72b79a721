import { once } from 'node:events'
import { type IncomingMessage } from 'node:http'
import { type Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type AgentClaim } from '../../core/agent-handshake.ts'
import { agentPath } from '../../core/agent-protocol.ts'
import { type ClusterName, type RepoId } from '../../core/ids.ts'
import { type Secret } from '../../core/secret.ts'
import { closeSocket, maxFrameBytes } from './channel.ts'
import { closing } from './closing.ts'
import { greet, type Proved } from './greet.ts'
import { readKeyPair } from './keys.ts'
import { type LinkLog } from './link-log.ts'
import { type AgentEvents, type AgentSession, createSessions, type Sessions } from './sessions.ts'

export type AcceptSettings = {
  /** PKCS8 PEM, Ed25519: the bot's own. */
  readonly key: Secret
}

export type { AgentClaim }

export type AcceptDeps = {
  readonly log: LinkLog
  readonly now: () => Date
  /** Whose merged configuration lists this key, now proved, for this cluster; undefined: none that may be meant. */
  readonly admit: (agent: AgentClaim) => Promise<RepoId | undefined>
  readonly on: AgentEvents
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

/** Who connects and has proved nothing yet costs a socket and up to a frame of memory: for no more than these, and no longer. */
const mostUnproven = 64
const handshakeMs = 10_000

/** The bot's side: one session for each cluster of a repository, and a newer one takes over from an older. */
export function acceptAgents(settings: AcceptSettings, deps: AcceptDeps): AgentDoor {
  const bot = readKeyPair(settings.key, 'the key of the bot for its agents')
  const server = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false })
  const sessions = createSessions(deps)
  let unproven = 0
  let rechecks = 0
  let leaving = false

  async function meet(socket: WebSocket): Promise<void> {
    socket.on('error', () => {
      // Its close follows.
    })
    const late = setTimeout(() => closeSocket(socket, closing.late), handshakeMs)
    unproven += 1
    try {
      const proved = await greet(socket, { bot, now: deps.now })
      if (proved.kind === 'refused') return closeSocket(socket, proved.because)
      await letIn(socket, proved)
    } catch (error) {
      deps.log.error({ err: error }, 'agent could not be let in')
      closeSocket(socket, closing.failed)
    } finally {
      unproven -= 1
      clearTimeout(late)
    }
  }

  async function letIn(socket: WebSocket, proved: Proved): Promise<void> {
    const { repository: named, cluster, key } = proved.claim
    // What was read before a change of the configuration is asked again: `recheck` does not see this one yet.
    let repository: RepoId | undefined
    let before: number
    do {
      before = rechecks
      repository = await deps.admit({ repository: named, cluster, key })
    } while (before !== rechecks)
    if (socket.readyState !== socket.OPEN) return
    if (repository !== undefined) return sessions.open(socket, proved, repository)
    deps.log.warn({ repository: named, cluster, key }, 'agent refused: no configuration lists its key')
    closeSocket(socket, closing.unknownKey)
  }

  return {
    upgrade: {
      path: agentPath,
      handle(request, socket, head) {
        if (leaving || unproven >= mostUnproven) return turnAway(socket)
        server.handleUpgrade(request, socket, head, (accepted) => void meet(accepted))
      },
    },
    sessionOf: sessions.of,
    sessions: sessions.all,
    async recheck() {
      rechecks += 1
      await recheck(sessions, deps.admit)
    },
    async close() {
      leaving = true
      await Promise.all([...server.clients].map(leave))
    },
  }
}

async function recheck(sessions: Sessions, admit: AcceptDeps['admit']): Promise<void> {
  const checks = sessions.all().map(async (session) => {
    const { named, cluster, key } = session
    const repository = await admit({ repository: named, cluster, key })
    if (repository !== session.repository) sessions.end(session, closing.unknownKey)
  })
  await Promise.all(checks)
}

async function leave(socket: WebSocket): Promise<void> {
  const closed = once(socket, 'close')
  closeSocket(socket, closing.leaving)
  await closed
}

function turnAway(socket: Duplex): void {
  socket.on('error', () => {
    // Nobody is there to be told.
  })
  socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}
