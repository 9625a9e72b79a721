import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AgentState, BotMessage } from '../core/agent-protocol.ts'
import { syncLabel } from '../core/sync/mark.ts'
import { syncIdOf } from '../core/sync/sync-id.ts'
import { UserError } from '../core/user-error.ts'
import { type BotLink, connectToBot } from '../io/agent-link/connect.ts'
import type { ProxyEnvironment } from '../io/agent-link/dial.ts'
import { openMirror } from '../io/git/mirror.ts'
import { createKubernetes } from '../io/kubernetes/client.ts'
import type { KubernetesSettings } from '../io/kubernetes/settings.ts'
import type { AgentSettings, BotAccess } from '../runtime/agent-settings.ts'
import { every } from '../runtime/every.ts'
import type { Logger } from '../runtime/log.ts'
import type { Deps, Memory } from './deps.ts'
import { type DiffQueue, createDiffQueue } from './diff-queue.ts'
import { createDriftWatch } from './drift-watch.ts'
import { serve } from './endpoints.ts'
import { createGitAccess } from './git-access.ts'
import { createInventoryStore } from './inventory-store.ts'
import { liveDiff } from './journeys/live-diff.ts'
import { sync } from './journeys/sync.ts'
import { type Loop, createLoop } from './loop.ts'

export type Agent = {
  /** Where probes, metrics and the state are answered: `http://HOST:PORT`. */
  readonly url: string
  /** When no sync and no diff runs or waits. */
  readonly settled: () => Promise<void>
  /** The running objects are finished, nothing new is begun, and what they need is closed, in that order. */
  readonly stop: () => Promise<void>
}

export type World = {
  readonly log: Logger
  readonly now: () => Date
  /** In [0, 1), for jitter. */
  readonly random: () => number
  /** How the machine reaches its network: `HTTPS_PROXY`, `NO_PROXY`, and what git takes of the kind. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Another way to the API server than the settings': a kubeconfig's. */
  readonly kubernetes?: KubernetesSettings
}

export async function startAgent(settings: AgentSettings, world: World): Promise<Agent> {
  // Closed from the last to the first: at a stop, or when something of what follows does not start.
  await using opened = new AsyncDisposableStack()
  const { log, random } = world
  const version = await ownVersion()
  const bot: { link?: BotLink } = {}
  const base = createBase(settings, world, bot)
  opened.defer(async () => base.kubernetes.close())
  const loop = createLoop({ sync: (turn) => sync(deps, turn), log, random })
  const watch = createDriftWatch({
    ...base,
    random,
    keyOf: base.inventory.keyOf,
    drifted: (still) => loop.askSoon(still),
  })
  const deps: Deps = { ...base, follow: watch.follow }
  const diffs = createDiffQueue({
    ...deps,
    async diff(question, signal) {
      await atRest(loop, signal)
      return liveDiff(deps, question, signal)
    },
  })
  const state = (): AgentState => stateOf(deps, loop, version)
  const server = await serve({ ...deps, version, state, connected: () => bot.link?.connected() })
  opened.defer(server.close)
  if (settings.bot !== undefined) {
    const hear = (message: BotMessage): void => heard(message, { loop, diffs, deps, state })
    bot.link = connect(settings, settings.bot, world, { state, message: hear })
    opened.defer(bot.link.close)
  }
  opened.defer(watch.stop)
  opened.defer(diffs.stop)
  opened.defer(() => loop.stop())
  const timers = [
    every(settings.syncIntervalMs, async () => loop.ask('timer'), world),
    every(settings.verifyIntervalMs, async () => loop.ask('timer', { verify: true }), world),
  ]
  opened.defer(async () => timers.forEach((timer) => timer.stop()))
  loop.ask('start')
  log.info({ url: server.url, cluster: settings.cluster, repository: settings.git.repository }, 'agent started')
  const running = opened.move()
  const settled = async (): Promise<void> => void (await Promise.all([loop.settled(), diffs.settled()]))
  return { url: server.url, settled, stop: () => running.disposeAsync() }
}

const restWithinMs = 20_000

/**
 * While a sync changes the cluster, a diff would tell what nobody will see: kinds that are not served yet, above all. One
 * that does not come to an end holds up nobody for long.
 */
async function atRest(loop: Loop, signal: AbortSignal): Promise<void> {
  const enough = AbortSignal.any([signal, AbortSignal.timeout(restWithinMs)])
  const late = new Promise<void>((resolve) => enough.addEventListener('abort', () => resolve(), { once: true }))
  await Promise.race([loop.settled(), late])
}

/** All that needs nobody else. */
function createBase(
  settings: AgentSettings,
  { log, now, environment, kubernetes: elsewhere }: World,
  bot: { readonly link?: BotLink },
): Omit<Deps, 'follow'> {
  const { cluster, namespace, git } = settings
  const id = syncIdOf({ repository: git.repository, cluster })
  const selector = `${syncLabel}=${id}`
  const kubernetes = createKubernetes(elsewhere ?? kubernetesSettings(settings))
  const access = createGitAccess(git.access, () => {
    if (bot.link?.connected() !== true) return false
    bot.link.say({ kind: 'token-wanted' })
    return true
  })
  const folder = join(settings.dataDir, 'repository')
  const mirror = openMirror(
    { url: git.url, folder, credential: access.credential },
    { log, environment: environment ?? {} },
  )
  const memory: Memory = {
    parsed: new Map(),
    narrow: new Set(),
    durations: new Map(),
    isStale: false,
    fetched: false,
    looked: false,
    gitFailures: 0,
  }
  return {
    settings,
    id,
    selector,
    kubernetes,
    repository: { mirror, access },
    inventory: createInventoryStore({ kubernetes, namespace, cluster, id, selector, log }),
    memory,
    say: (message) => bot.link?.say(message),
    log,
    now,
  }
}

function kubernetesSettings({ kubernetes }: AgentSettings): KubernetesSettings {
  if (kubernetes === undefined) {
    throw new UserError('expected KUBERNETES_SERVER, for this is no pod', {
      help: 'Run it in a cluster, or give it a kubeconfig: lotse agent --kubeconfig',
    })
  }
  const { server, caFile, tokenFile } = kubernetes
  return { server, ca: { file: caFile }, credentials: { kind: 'token', token: { file: tokenFile } } }
}

type Hearing = { readonly state: () => AgentState; readonly message: (message: BotMessage) => void }

function connect(
  { cluster }: AgentSettings,
  { url, key, publicKey }: BotAccess,
  { log, now, random, environment }: World,
  on: Hearing,
): BotLink {
  const proxy = proxyOf(environment)
  return connectToBot({ url, cluster, key, botKey: publicKey, proxy }, { log, now, random, on })
}

/** Written in capitals or not, as everywhere. */
function proxyOf(environment: World['environment']): ProxyEnvironment {
  const said = (name: string): string | undefined => environment?.[name] ?? environment?.[name.toLowerCase()]
  const [HTTPS_PROXY, NO_PROXY] = [said('HTTPS_PROXY'), said('NO_PROXY')]
  return { ...(HTTPS_PROXY === undefined ? {} : { HTTPS_PROXY }), ...(NO_PROXY === undefined ? {} : { NO_PROXY }) }
}

type Listeners = {
  readonly loop: Loop
  readonly diffs: DiffQueue
  readonly deps: Deps
  readonly state: () => AgentState
}

function heard(message: BotMessage, { loop, diffs, deps, state }: Listeners): void {
  switch (message.kind) {
    case 'fetch':
      return loop.ask('hint', { commit: message.commit })
    case 'sync':
      return loop.ask('command')
    case 'diff':
      return diffs.ask(message)
    case 'report':
      return deps.say({ kind: 'state', state: state() })
    case 'token':
      return deps.repository.access.receive(message.token)
  }
}

function stateOf({ settings, memory }: Deps, loop: Loop, version: string): AgentState {
  const { branch, path } = settings.git
  const { lastReport, lastFull } = memory
  const syncing = loop.syncing()
  return {
    version,
    path,
    ...(branch === undefined ? {} : { branch }),
    ...(syncing === undefined ? {} : { syncing }),
    ...(lastReport === undefined ? {} : { lastReport }),
    ...(lastFull === undefined ? {} : { lastFull }),
  }
}

async function ownVersion(): Promise<string> {
  const manifest: { readonly version: string } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return manifest.version
}
