import { setTimeout as delay } from 'node:timers/promises'
import type { AgentMessage, AgentState, BotMessage } from '../../src/core/agent-protocol.ts'
import type { LiveDiff } from '../../src/core/diff/live-diff.ts'
import { type CommitSha, parseClusterName, parseCommitSha, parseRepoName } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import type { SyncReport } from '../../src/core/sync/report.ts'
import { type BotLink, connectToBot } from '../../src/io/agent-link/connect.ts'
import { createKey } from '../../src/io/agent-link/keys.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import type { StageOptions } from '../../src/cli/stage.ts'
import { type World, acme, startWorld } from '../support/world.ts'

/** What an agent says, without a cluster behind it: the link is the real one, over real HTTP. */
export type FakeAgent = {
  /** What the bot said, oldest first, over all connections. */
  readonly heard: readonly BotMessage[]
  say(message: AgentMessage): void
  connect(): Promise<void>
  disconnect(): Promise<void>
}

export type AgentWorld = World & { readonly agent: FakeAgent }

/** A world whose one cluster has an agent, which connects when it is told to. */
export async function startAgentWorld(options: StageOptions = {}): Promise<AgentWorld> {
  const world = await startWorld({ withAgent: true, ...options })
  const agent = fakeAgent(world.keys, world.botUrl)
  return {
    ...world,
    agent,
    async [Symbol.asyncDispose]() {
      await agent.disconnect()
      await world[Symbol.asyncDispose]()
    },
  }
}

export type TwoAgents = AgentWorld & { readonly second: FakeAgent }

/** A second cluster, `second`, of the same environment, with an agent of its own; both are connected. */
export async function startTwoAgents(): Promise<TwoAgents> {
  const world = await startAgentWorld()
  const keys = { ...world.keys, agent: createKey() }
  const path = '.github/lotse.yaml'
  const cluster = `clusters:
  second:
    path: clusters/second
    agents: [${keys.agent.publicKey}]
    environment: ${acme.cluster}
`
  const configuration = (await world.file(path)).replace(/^clusters:\n/m, cluster)
  await world.github
    .person('alice')
    .push(acme.repository, { branch: 'main', files: { [path]: configuration }, message: 'Add a second cluster' })
  await world.rest()
  const second = fakeAgent(keys, world.botUrl, 'second')
  await world.agent.connect()
  await second.connect()
  return {
    ...world,
    second,
    async [Symbol.asyncDispose]() {
      await second.disconnect()
      await world[Symbol.asyncDispose]()
    },
  }
}

/** `botUrl`: asked at every connect, as the bot may listen elsewhere after a restart. */
export function fakeAgent(keys: World['keys'], botUrl: () => string, cluster: string = acme.cluster): FakeAgent {
  const heard: BotMessage[] = []
  let link: BotLink | undefined
  // As a real one does, it says at every connect what it said last.
  let state: AgentState = { version: '1.0.0', path: `clusters/${cluster}` }
  return {
    heard,
    say(message) {
      if (message.kind === 'started') state = { ...state, syncing: message.commit }
      if (message.kind === 'synced') {
        const { syncing: _, ...rest } = state
        const lastFull = message.report.result === 'full' ? { lastFull: message.report.commit } : {}
        state = { ...rest, lastReport: message.report, ...lastFull }
      }
      link?.say(message)
    },
    async connect() {
      const { bot, agent } = keys
      const settings = {
        url: botUrl(),
        repository: guaranteed(parseRepoName(acme.repository)),
        cluster: guaranteed(parseClusterName(cluster)),
        key: agent.pem,
        botKey: bot.publicKey,
      }
      await new Promise<void>((connected) => {
        link = connectToBot(settings, {
          log: silentLogger,
          now: () => new Date(),
          random: () => 0.1,
          on: { message: (message) => void heard.push(message), state: () => state, connected },
        })
      })
    },
    async disconnect() {
      await link?.close()
      link = undefined
    },
  }
}

const patienceMs = 60_000

/** What is looked for, as soon as it is there; after a while, why it is not. */
export async function come<T>(look: () => T | Promise<T>): Promise<Awaited<T>> {
  for (const start = performance.now(); ;) {
    try {
      return await look()
    } catch (error) {
      if (performance.now() - start > patienceMs) throw error
      await delay(20)
    }
  }
}

export function head(world: World): CommitSha {
  return guaranteed(parseCommitSha(world.head('main')))
}

export function report(commit: CommitSha, override: Partial<SyncReport> = {}): SyncReport {
  return {
    commit,
    result: 'full',
    trigger: 'hint',
    startedAt: '2026-11-22T12:00:00.000Z',
    finishedAt: '2026-11-22T12:00:01.000Z',
    counts: { applied: 3, corrected: 0, unchanged: 1, pruned: 0, waiting: 0, skipped: 0, failed: 0 },
    problems: [],
    moreProblems: 0,
    drift: [],
    heldPrunes: [],
    ...override,
  }
}

export const failure = {
  result: 'failed',
  counts: { applied: 2, corrected: 0, unchanged: 1, pruned: 0, waiting: 0, skipped: 0, failed: 1 },
  problems: [
    {
      message: 'the server refuses `replicas`: must be at least 0',
      at: { file: `clusters/${acme.cluster}/demo-worker.yaml`, line: 9, column: 3 },
      object: 'apps/Deployment demo/demo-worker',
      turn: 'author',
    },
  ],
} as const satisfies Partial<SyncReport>

export function liveDiff(override: Partial<LiveDiff> = {}): LiveDiff {
  return {
    changes: [
      {
        object: 'apps/Deployment demo/demo-worker',
        file: `clusters/${acme.cluster}/demo-worker.yaml`,
        line: 21,
        action: 'change',
        lines: ['@@ spec.template @@', '-          image: 1.2.0', '+          image: 1.2.1'],
        cut: false,
      },
    ],
    drift: [],
    dangers: [],
    problems: [],
    unchanged: 3,
    omitted: 0,
    ...override,
  }
}

/** What the bot asked about pull requests. */
export function asks(agent: FakeAgent): readonly (BotMessage & { readonly kind: 'diff' })[] {
  return agent.heard.filter((message) => message.kind === 'diff')
}

/** `success: the cluster looks like the commit`: what GitHub was told of the environment, oldest first. */
export function deployments({ github }: World): readonly string[] {
  return [...github.repository(acme.repository).deployments.values()].map(({ environment, sha, statuses }) => {
    const states = statuses.map(({ state }) => state)
    return `${environment} ${sha.slice(0, 7)}: ${states.join(', ')}`
  })
}

/** The check runs on a commit: name → conclusion, or status while it has none. */
export function checksOn({ github }: World, sha: string): Readonly<Record<string, string>> {
  const runs = [...github.repository(acme.repository).checkRuns.values()].filter(({ suite }) => suite.headSha === sha)
  return Object.fromEntries(runs.map(({ name, status, conclusion }) => [name, conclusion ?? status]))
}

export function tag({ github }: World): string | undefined {
  return github.repository(acme.repository).git.refs.get(`refs/tags/lotse-sync/${acme.cluster}`)
}
