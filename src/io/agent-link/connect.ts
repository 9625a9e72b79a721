import {
  type AgentMessage,
  agentPath,
  type AgentState,
  type BotMessage,
  formatAgentMessage,
  parseBotMessage,
} from '../../core/agent-protocol.ts'
import { type AgentKey } from '../../core/config/agent-key.ts'
import { type ClusterName, type RepoName } from '../../core/ids.ts'
import { formatProblem } from '../../core/parsed.ts'
import { type Secret } from '../../core/secret.ts'
import { UserError } from '../../core/user-error.ts'
import { type Channel, fitting } from './channel.ts'
import { closing } from './closing.ts'
import { dial, type Dialling, type ProxyEnvironment } from './dial.ts'
import { guard } from './guard.ts'
import { readKeyPair } from './keys.ts'
import { type LinkLog } from './link-log.ts'
import { createOutbox } from './outbox.ts'
import { redial } from './redial.ts'

export type ConnectSettings = {
  /** Where the bot is: `https://lotse.example.com`; the link's path is added. */
  readonly url: string
  /** Whose cluster it is: of several that list the key of this agent, the one that is meant. */
  readonly repository: RepoName
  readonly cluster: ClusterName
  /** PKCS8 PEM, Ed25519: what `lotse key` writes. */
  readonly key: Secret
  /** The bot's public key: who answers with another one is not the bot. */
  readonly botKey: AgentKey
  /** `HTTPS_PROXY` and `NO_PROXY`, as the environment has them. */
  readonly proxy?: ProxyEnvironment
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
  /** What it was refused for may be mended now: without a connection it is tried at once. */
  readonly retry: () => void
  readonly close: () => Promise<void>
}

/** The agent's side: connects at once, and again for as long as it is not closed. */
export function connectToBot(settings: ConnectSettings, deps: ConnectDeps): BotLink {
  const { log, now, on } = deps
  const to = {
    url: addressOf(settings.url),
    repository: settings.repository,
    cluster: settings.cluster,
    agent: readKeyPair(settings.key, 'the key of the agent'),
    botKey: settings.botKey,
    ...(settings.proxy === undefined ? {} : { proxy: settings.proxy }),
  }
  const outbox = createOutbox()
  let channel: Channel | undefined

  function opened(fresh: Channel): void {
    channel = fresh
    log.info({ cluster: to.cluster }, 'connected to the bot')
    guard(log, () => say({ kind: 'state', state: on.state() }))
    for (const text of outbox.take()) fresh.send(text)
    guard(log, () => on.connected?.())
  }

  function over(): void {
    if (channel === undefined) return
    channel = undefined
    guard(log, () => on.lost?.())
  }

  function say(message: AgentMessage): void {
    const text = fitting(formatAgentMessage(message), message.kind)
    if (channel?.send(text) !== true) outbox.put(message, text)
  }

  function hear(text: string): void {
    const message = parseBotMessage(text)
    if (message.ok) guard(log, () => on.message(message.value, say))
    else log.warn({ problems: message.problems.map(formatProblem) }, 'bot not understood')
  }

  const line = redial(
    (call) => {
      return dial(to, {
        time: (time) => guard(log, () => on.skew?.(time.getTime() - now().getTime())),
        open(fresh) {
          call.open()
          opened(fresh)
        },
        text: hear,
        over(because) {
          over()
          call.over(because)
        },
      })
    },
    { ...deps, helpFor: ({ code }) => (code === closing.unknownKey.code ? enrolmentOf(to) : undefined) },
  )
  return { say, connected: () => channel !== undefined, retry: line.retry, close: line.close }
}

/** The whole line: people compare it with what was merged. */
function enrolmentOf({ repository, cluster, agent }: Pick<Dialling, 'repository' | 'cluster' | 'agent'>): string {
  return `merge this line into .github/lotse.yaml of ${repository}, among the agents of the cluster ${cluster}: ${agent.publicKey}`
}

function addressOf(url: string): URL {
  const base = URL.parse(url)
  if (base === null || !['http:', 'https:'].includes(base.protocol)) {
    throw new UserError(`expected the bot's address as https://HOST, got \`${url}\``, {
      help: 'it is where the bot listens, as agents reach it',
    })
  }
  const path = `${base.pathname.replace(/\/$/, '')}${agentPath}`
  return new URL(path, `${base.protocol === 'https:' ? 'wss' : 'ws'}://${base.host}`)
}
