import { type WebSocket } from 'ws'
import { type AgentMessage, type BotMessage, formatBotMessage, parseAgentMessage } from '../../core/agent-protocol.ts'
import { type AgentKey } from '../../core/config/agent-key.ts'
import { type ClusterName, type RepoId, type RepoName } from '../../core/ids.ts'
import { formatProblem } from '../../core/parsed.ts'
import { type Channel, fitting, openChannel } from './channel.ts'
import { type Closing, closing } from './closing.ts'
import { type Proved } from './greet.ts'
import { guard } from './guard.ts'
import { type LinkLog } from './link-log.ts'

export type AgentSession = {
  readonly repository: RepoId
  /** The repository as the agent names it. */
  readonly named: RepoName
  readonly cluster: ClusterName
  readonly key: AgentKey
  readonly since: Date
  /** Said to nobody when the session is over: the agent tells its whole state when it comes back. */
  readonly say: (message: BotMessage) => void
}

export type AgentEvents = {
  readonly opened: (session: AgentSession) => void
  readonly message: (session: AgentSession, message: AgentMessage) => void
  /** Of a session that is replaced: before the newer one is opened. */
  readonly closed: (session: AgentSession) => void
}

export type Sessions = {
  readonly open: (socket: WebSocket, proved: Proved, repository: RepoId) => void
  readonly of: (repository: RepoId, cluster: ClusterName) => AgentSession | undefined
  readonly all: () => readonly AgentSession[]
  readonly end: (session: AgentSession, because: Closing) => void
}

type SessionDeps = { readonly log: LinkLog; readonly now: () => Date; readonly on: AgentEvents }

type Live = { readonly session: AgentSession; readonly channel: Channel }

/** Those that are let in. What has ended is heard no more, at once, though its socket may take a while to close. */
export function createSessions({ log, now, on }: SessionDeps): Sessions {
  const live = new Map<string, Live>()

  function open(socket: WebSocket, { claim, proof, keys }: Proved, repository: RepoId): void {
    const { repository: named, cluster, key } = claim
    const older = live.get(keyOf(repository, cluster))
    if (older !== undefined) end(older.session, closing.replaced)
    const say = (message: BotMessage): void => {
      const text = fitting(formatBotMessage(message), message.kind)
      if (isLive(session)) channel.send(text)
    }
    const session: AgentSession = { repository, named, cluster, key, since: now(), say }
    socket.send(proof)
    const channel = openChannel(socket, keys, (text) => hear(session, text))
    live.set(keyOf(repository, cluster), { session, channel })
    socket.once('close', (code) => {
      log.info({ repository, cluster, code }, 'agent disconnected')
      forget(session)
    })
    log.info({ repository, cluster, replaced: older !== undefined }, 'agent connected')
    guard(log, () => on.opened(session))
  }

  function hear(session: AgentSession, text: string): void {
    if (!isLive(session)) return
    const message = parseAgentMessage(text)
    if (message.ok) return guard(log, () => on.message(session, message.value))
    const { repository, cluster } = session
    log.warn({ repository, cluster, problems: message.problems.map(formatProblem) }, 'agent not understood')
  }

  function end(session: AgentSession, because: Closing): void {
    const found = live.get(keyOf(session.repository, session.cluster))
    if (found?.session !== session) return
    forget(session)
    found.channel.close(because)
  }

  function forget(session: AgentSession): void {
    if (!isLive(session)) return
    live.delete(keyOf(session.repository, session.cluster))
    guard(log, () => on.closed(session))
  }

  function isLive(session: AgentSession): boolean {
    return live.get(keyOf(session.repository, session.cluster))?.session === session
  }

  return {
    open,
    of: (repository, cluster) => live.get(keyOf(repository, cluster))?.session,
    all: () => [...live.values()].map(({ session }) => session),
    end,
  }
}

function keyOf(repository: RepoId, cluster: ClusterName): string {
  return `${repository}/${cluster}`
}
