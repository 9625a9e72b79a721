import { readFile } from 'node:fs/promises'
import type { AgentState, BotMessage } from '../core/agent-protocol.ts'
import type { BotLink } from '../io/agent-link/connect.ts'
import type { AgentSettings } from '../runtime/agent-settings.ts'
import { every } from '../runtime/every.ts'
import { createBase } from './base.ts'
import { connect, heard, stateOf } from './bot-link.ts'
import type { Deps } from './deps.ts'
import { createDiffQueue } from './diff-queue.ts'
import { createDriftWatch } from './drift-watch.ts'
import { serve } from './endpoints.ts'
import { liveDiff } from './journeys/live-diff.ts'
import { sync } from './journeys/sync.ts'
import { type Loop, createLoop } from './loop.ts'
import type { World } from './world.ts'

export type { World } from './world.ts'

export type Agent = {
  /** Where probes, metrics and the state are answered: `http://HOST:PORT`. */
  readonly url: string
  /** When no sync and no diff runs or waits. */
  readonly settled: () => Promise<void>
  /** The running objects are finished, nothing new is begun, and what they need is closed, in that order. */
  readonly stop: () => Promise<void>
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
  const state = (): AgentState => stateOf(base, loop, version)
  const deps: Deps = {
    ...base,
    follow: watch.follow,
    tellState: () => base.say({ kind: 'state', state: state() }),
  }
  const diffs = createDiffQueue({
    ...deps,
    async diff(question, signal) {
      await atRest(loop, signal)
      return liveDiff(deps, question, signal)
    },
  })
  const server = await serve({ ...deps, version, state, connected: () => bot.link?.connected() })
  opened.defer(server.close)
  if (settings.bot !== undefined) {
    const hear = (message: BotMessage): void => heard(message, { loop, diffs, deps })
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

async function ownVersion(): Promise<string> {
  const manifest: { readonly version: string } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return manifest.version
}
