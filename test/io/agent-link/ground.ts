import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type AddressInfo } from 'node:net'
import { type TestContext } from 'node:test'
import { type AgentMessage, type AgentState, type BotMessage } from '../../../src/core/agent-protocol.ts'
import {
  type ClusterName,
  parseClusterName,
  parseCommitSha,
  parseRepoId,
  parseRepoName,
  type RepoId,
  type RepoName,
} from '../../../src/core/ids.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { type AcceptDeps, acceptAgents, type AgentDoor } from '../../../src/io/agent-link/accept.ts'
import { type BotLink, connectToBot, type ConnectDeps } from '../../../src/io/agent-link/connect.ts'
import { createKey } from '../../../src/io/agent-link/keys.ts'
import { type AgentSession } from '../../../src/io/agent-link/sessions.ts'
import { silentLogger } from '../../../src/runtime/log.ts'
import { startHttp } from '../../../src/runtime/http.ts'

export const botKey = createKey()
export const agentKey = createKey()
export const otherKey = createKey()

export const repository: RepoId = guaranteed(parseRepoId(42))
export const gitops: RepoName = guaranteed(parseRepoName('acme/gitops'))
export const production: ClusterName = guaranteed(parseClusterName('production'))
export const commit = guaranteed(parseCommitSha('a'.repeat(40)))
export const state: AgentState = { version: '1.2.3', path: 'clusters/production' }

/** What happens, in its order, for whoever waits for the next of it. */
export type Happenings<T> = {
  readonly add: (what: T) => void
  readonly next: () => Promise<T>
  readonly left: () => readonly T[]
}

export function happenings<T>(): Happenings<T> {
  const waiting: T[] = []
  const asking: ((what: T) => void)[] = []
  return {
    add(what) {
      const ask = asking.shift()
      if (ask === undefined) waiting.push(what)
      else ask(what)
    },
    next: async () =>
      new Promise((resolve) => {
        const [what] = waiting.splice(0, 1)
        if (what === undefined) asking.push(resolve)
        else resolve(what)
      }),
    left: () => [...waiting],
  }
}

export type BotEvent =
  | { readonly kind: 'opened' | 'closed'; readonly session: AgentSession }
  | { readonly kind: 'said'; readonly session: AgentSession; readonly message: AgentMessage }

export type Bot = {
  readonly url: string
  readonly door: AgentDoor
  readonly events: Happenings<BotEvent>
  readonly stop: () => Promise<void>
}

export type BotOptions = {
  readonly key?: typeof botKey
  readonly port?: number
  readonly admit?: AcceptDeps['admit']
  readonly now?: () => Date
}

/** The bot's side on an HTTP server of its own; it lists `agentKey` for the cluster `production`. */
export async function startBot(t: TestContext, options: BotOptions = {}): Promise<Bot> {
  const events = happenings<BotEvent>()
  const admit: AcceptDeps['admit'] = async ({ cluster, key }) =>
    cluster === production && key === agentKey.publicKey ? repository : undefined
  const door = acceptAgents(
    { key: (options.key ?? botKey).pem },
    {
      log: silentLogger,
      now: options.now ?? (() => new Date()),
      admit: options.admit ?? admit,
      on: {
        opened: (session) => events.add({ kind: 'opened', session }),
        message: (session, message) => events.add({ kind: 'said', session, message }),
        closed: (session) => events.add({ kind: 'closed', session }),
      },
    },
  )
  const http = { host: '127.0.0.1', port: options.port ?? 0, routes: [], upgrades: [door.upgrade], log: silentLogger }
  const server = await startHttp(http)
  const stop = async (): Promise<void> => {
    await door.close()
    await server.close()
  }
  t.after(stop)
  return { url: server.url, door, events, stop }
}

export type AgentEvent =
  | { readonly kind: 'connected' | 'lost' }
  | { readonly kind: 'skew'; readonly milliseconds: number }
  | { readonly kind: 'told'; readonly message: BotMessage }
  | { readonly kind: 'logged'; readonly code: unknown }

export type Agent = { readonly link: BotLink; readonly events: Happenings<AgentEvent> }

export type AgentOptions = {
  readonly key?: typeof agentKey
  readonly expects?: typeof botKey
  readonly cluster?: ClusterName
  readonly now?: () => Date
  readonly state?: () => AgentState
  readonly proxy?: string
  readonly onMessage?: ConnectDeps['on']['message']
}

/** The agent's side; it comes back at once, for its chance is always 0. */
export function startAgent(t: TestContext, url: string, options: AgentOptions = {}): Agent {
  const events = happenings<AgentEvent>()
  const logged = (fields: object): void => {
    if ('code' in fields) events.add({ kind: 'logged', code: fields.code })
  }
  const link = connectToBot(
    {
      url,
      repository: gitops,
      cluster: options.cluster ?? production,
      key: (options.key ?? agentKey).pem,
      botKey: (options.expects ?? botKey).publicKey,
      ...(options.proxy === undefined ? {} : { proxy: { HTTPS_PROXY: options.proxy } }),
    },
    {
      log: { info: () => {}, warn: logged, error: logged },
      now: options.now ?? (() => new Date()),
      random: () => 0,
      on: {
        message: options.onMessage ?? ((message) => events.add({ kind: 'told', message })),
        state: options.state ?? (() => state),
        connected: () => events.add({ kind: 'connected' }),
        lost: () => events.add({ kind: 'lost' }),
        ...(options.now === undefined
          ? {}
          : { skew: (milliseconds: number) => events.add({ kind: 'skew', milliseconds }) }),
      },
    },
  )
  t.after(link.close)
  return { link, events }
}

/** What stands between the two: it can fall silent, as a network does, with both sockets left open. */
export type Wire = {
  readonly url: string
  readonly goSilent: () => void
  readonly cut: () => void
}

export async function startWire(t: TestContext, target: string): Promise<Wire> {
  const sockets = new Set<Socket>()
  let silent = false
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from
      .on('data', (data) => silent || to.write(data))
      .on('close', () => silent || to.destroy())
      .on('error', () => {})
  }
  const server = createServer((near) => {
    const far = connect(Number(new URL(target).port), '127.0.0.1')
    pass(near, far)
    pass(far, near)
  })
  const cut = (): void => sockets.forEach((socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    cut()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    goSilent: () => (silent = true),
    cut,
  }
}
