import { Probot } from 'probot'
import type { InstallationId } from '../core/ids.ts'
import { type GitHub, createGitHub } from '../io/github/client.ts'
import { type AppIdentity, readIdentity } from '../io/github/installations.ts'
import { createRegistry } from '../io/registry/client.ts'
import { openDatabase } from '../io/store/database.ts'
import { migrations } from '../io/store/migrations.ts'
import { migrate } from '../io/store/schema.ts'
import { every } from '../runtime/every.ts'
import type { JobHandler } from '../runtime/job-runner.ts'
import { createJobs } from '../runtime/jobs.ts'
import type { Logger } from '../runtime/log.ts'
import type { BotSettings } from '../runtime/settings.ts'
import { openAgents } from './agents.ts'
import { app } from './app.ts'
import { patient } from './content-limit.ts'
import type { Deps } from './deps.ts'
import { automerge } from './journeys/automerge.ts'
import { chat } from './journeys/chat.ts'
import { delivery } from './journeys/delivery.ts'
import { deployment } from './journeys/deployment.ts'
import { diff } from './journeys/diff.ts'
import { installation } from './journeys/installation.ts'
import { mergeGroup } from './journeys/merge-group.ts'
import { overlookedDiffs } from './journeys/overlooked-diffs.ts'
import { overlookedPulls } from './journeys/overlooked-pulls.ts'
import { refresh } from './journeys/refresh.ts'
import { release } from './journeys/release.ts'
import { tags } from './journeys/tags.ts'
import { journeys, refreshAtStart, refreshOnTimer } from './keys.ts'
import { serve } from './routes.ts'

export type Bot = {
  /** Where webhooks are received: `http://HOST:PORT`. */
  readonly url: string
  /** When no job waits or runs. */
  readonly settled: () => Promise<void>
  /** Nothing new is taken, running jobs end, and what they need is closed, in that order. */
  readonly stop: () => Promise<void>
}

export type World = {
  readonly log: Logger
  readonly now: () => Date
  /** In [0, 1), for jitter. */
  readonly random: () => number
}

export async function startBot(settings: BotSettings, world: World): Promise<Bot> {
  // Closed from the last to the first: at a stop, or when something of what follows does not start.
  await using opened = new AsyncDisposableStack()
  const database = await openDatabase(settings.database, { schema: settings.databaseSchema })
  opened.defer(database.close)
  await migrate(database, migrations)
  const jobs = await createJobs({ database, log: world.log, random: world.random })
  opened.defer(jobs.stop)
  const github = createGitHub(settings.github, world)
  const registry = createRegistry({ registries: settings.registries })
  const { log, now } = world
  const { appId } = settings.github
  const own = { github, registry, database, jobs, log, now, appId, identity: identityOf(github) }
  const agents = openAgents(settings.agentLinkKey, own)
  opened.defer(agents.settled)
  const deps: Deps = { ...own, agents }
  const probot = createProbot(settings, deps)
  const server = await serve(deps, settings, agents.upgrades)
  opened.defer(server.close)
  opened.defer(agents.close)
  const handlers: Readonly<Record<string, JobHandler>> = {
    [journeys.delivery]: (key) => delivery(deps, probot, key),
    [journeys.release]: (key) => release(deps, key),
    [journeys.tags]: (key) => tags(deps, key),
    [journeys.automerge]: (key) => automerge(deps, key),
    [journeys.mergeGroup]: (key) => mergeGroup(deps, key),
    [journeys.overlookedPulls]: (key) => overlookedPulls(deps, key),
    [journeys.diff]: (key) => diff(deps, key),
    [journeys.overlookedDiffs]: (key) => overlookedDiffs(deps, key),
    [journeys.deployment]: (key) => deployment(deps, key),
    [journeys.chat]: (key) => chat(deps, key),
    [journeys.installation]: (key) => installation(deps, key),
    [journeys.refresh]: (key) => refresh(deps, key),
  }
  await jobs.work(
    Object.fromEntries(
      Object.entries(handlers).map(([journey, handler]) => [journey, patient(deps, journey, handler)]),
    ),
  )
  await jobs.ask(journeys.refresh, refreshAtStart)
  const lookAgain = async (): Promise<void> => {
    await jobs.ask(journeys.refresh, refreshOnTimer)
    await agents.refresh()
  }
  const timer = every(settings.refreshIntervalMs, lookAgain, world)
  opened.defer(async () => timer.stop())
  if (settings.registries.length === 0) log.warn('REGISTRIES names no registry, so nothing is released')
  if (settings.agentLinkKey === undefined) log.warn('AGENT_LINK_KEY is not set, so no agent is accepted')
  log.info({ url: server.url }, 'bot started')
  const running = opened.move()
  const settled = async (): Promise<void> => {
    await agents.settled()
    await jobs.settled()
  }
  return { url: server.url, settled, stop: () => running.disposeAsync() }
}

/** Probot types and routes events here, and nothing else: it receives what was verified and kept before. */
function createProbot(settings: BotSettings, deps: Deps): Probot {
  const probot = new Probot({
    appId: settings.github.appId,
    privateKey: settings.github.privateKey.reveal(),
    secret: settings.webhookSecrets[0].reveal(),
    baseUrl: settings.github.apiUrl,
    log: deps.log.child({ part: 'probot' }, { level: 'warn' }),
  })
  app(probot, deps)
  return probot
}

/** Asked once; asked again only when the answer did not come. */
function identityOf(github: GitHub): (installation: InstallationId) => Promise<AppIdentity> {
  let known: Promise<AppIdentity> | undefined
  return (installation) => {
    known ??= github
      .asInstallation(installation)
      .then((asInstallation) => readIdentity(github.app, asInstallation))
      .catch((error: unknown) => {
        known = undefined
        throw error
      })
    return known
  }
}
