import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Bot, startBot } from '../../src/bot/main.ts'
import { type Stage, type StageOptions, openStage } from '../../src/cli/stage.ts'
import { createLogger } from '../../src/runtime/log.ts'
import { acme } from '../../src/sandbox/acme.ts'
import type { Repository } from '../../src/sandbox/github/state.ts'

const run = promisify(execFile)
import { storyDatabase } from './database.ts'
import { prepareDatabase } from './prepared-database.ts'
import { recordContract } from './record-contract.ts'

/** The sandbox and a bot on it, driven by tests in the product's words: real HTTP, real git, real webhooks. */
export type World = Stage & {
  /** Everything that was set in motion has come to rest: no webhook, no notification, no job. */
  rest(): Promise<void>
  /** A webhook that the sandbox does not send, signed as GitHub signs; gives the bot's status. */
  deliver(webhook: Webhook): Promise<number>
  startBot(): Promise<void>
  /** Where it listens; empty while there is none. */
  readonly botUrl: () => string
  stopBot(): Promise<void>
  /** For the bot so much time passes at once. What it does on its timer it does at its next start. */
  pass(ms: number): void
  /** What is on its timer is done at every start, too. */
  restartBot(): Promise<void>
  pulls(): readonly PullSeen[]
  /** Throws when there is none of this number. */
  pull(number: number): PullSeen
  /** The commit that a branch stands on. */
  head(branch: string): string
  /** What the repository's default branch says, file by file. */
  file(path: string, ref?: string): Promise<string>
  mode(path: string, ref: string): Promise<string>
  /** The changed lines of a pull request, `-old` and `+new` under the name of their file. */
  changes(pull: PullSeen): Promise<readonly string[]>
  /** The texts of the comments on a pull request, oldest first. */
  comments(pull: PullSeen): readonly string[]
  /** The check runs on a pull request's head: name → conclusion, or status while it has none. */
  checks(pull: PullSeen): Readonly<Record<string, string>>
  /** Ends it all, and fails if anything that was said to or by GitHub breaks GitHub's published contract. */
  [Symbol.asyncDispose](): Promise<void>
}

export type Webhook = { readonly guid: string; readonly event: string; readonly payload: unknown }

/** A pull request as a person sees it. */
export type PullSeen = {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly state: 'open' | 'closed' | 'merged'
  readonly head: string
  readonly branch: string
}

export { acme }

const patienceMs = 60_000

export async function openWorld(options: StageOptions = {}): Promise<World> {
  const stage = await openStage({ ...options, ...storyDatabase() })
  await prepareDatabase(stage.settings.database)
  const lines: string[] = []
  const log = createLogger({ level: 'debug', format: 'text' }, { write: (line) => void lines.push(line) })
  const contract = recordContract(stage.github)
  let bot: Bot | undefined
  let passedMs = 0
  let { port } = stage.settings
  const rest = async (): Promise<void> => {
    // A job may send what becomes a webhook, which becomes a job: only a round without anything new is rest.
    for (let seen = -1; seen !== activity(stage);) {
      seen = activity(stage)
      await stage.settled()
      await bot?.settled()
      await stage.settled()
    }
  }
  const world: World = {
    ...stage,
    rest: () => withPatience(rest(), () => history(stage, lines)),
    deliver: (webhook) => deliver(world.botUrl(), stage, webhook),
    botUrl: () => bot?.url ?? '',
    async startBot() {
      bot = await startBot(
        { ...stage.settings, port },
        { log, now: () => new Date(Date.now() + passedMs), random: Math.random },
      )
      // Whoever knows it by its address finds it there again.
      port = Number(new URL(bot.url).port)
      stage.connect(bot.url)
      await world.rest()
    },
    async stopBot() {
      await bot?.stop()
      bot = undefined
    },
    pass(ms) {
      passedMs += ms
    },
    async restartBot() {
      await world.stopBot()
      await world.startBot()
    },
    pulls: () => pullsOf(stage.github.repository(acme.repository)),
    pull(number) {
      const found = world.pulls().find((pull) => pull.number === number)
      if (found === undefined) throw new Error(`there is no pull request ${number}`)
      return found
    },
    head: (branch) => stage.github.repository(acme.repository).git.refs.get(`refs/heads/${branch}`) ?? '',
    file: (path, ref = 'main') => git(stage, ['show', `${ref}:${path}`]),
    mode: async (path, ref) => (await git(stage, ['ls-tree', ref, path])).slice(0, 6),
    changes: async (pull) => changedLines(await git(stage, ['diff', '--unified=0', `main...${pull.head}`])),
    comments: (pull) => commentsOf(stage.github.repository(acme.repository), pull.number),
    checks: (pull) => checksOf(stage.github.repository(acme.repository), pull.head),
    async [Symbol.asyncDispose]() {
      await world.stopBot()
      await stage.close()
      assert.deepEqual(contract.violations(), [], 'GitHub’s published contract was broken')
    },
  }
  return world
}

/** A world whose bot is up and has read everything. */
export async function startWorld(options: StageOptions = {}): Promise<World> {
  const world = await openWorld(options)
  await world.startBot()
  return world
}

async function deliver(url: string, { settings }: Stage, { guid, event, payload }: Webhook): Promise<number> {
  const body = JSON.stringify(payload)
  const signature = createHmac('sha256', settings.webhookSecrets[0].reveal()).update(body).digest('hex')
  const headers = { 'x-github-delivery': guid, 'x-github-event': event, 'x-hub-signature-256': `sha256=${signature}` }
  return (await fetch(`${url}/webhooks/github`, { method: 'POST', headers, body })).status
}

function pullsOf(repository: Repository): readonly PullSeen[] {
  return [...repository.issues.values()].flatMap(({ number, title, body, state, pull }) => {
    if (pull === undefined) return []
    const seen = pull.merged === undefined ? state : 'merged'
    return [{ number, title, body: body ?? '', state: seen, head: pull.head.sha, branch: pull.head.ref }]
  })
}

function commentsOf(repository: Repository, number: number): readonly string[] {
  return [...repository.comments.values()].filter(({ issue }) => issue.number === number).map(({ body }) => body)
}

function checksOf(repository: Repository, head: string): Readonly<Record<string, string>> {
  const runs = [...repository.checkRuns.values()].filter(({ suite }) => suite.headSha === head)
  return Object.fromEntries(runs.map(({ name, status, conclusion }) => [name, conclusion ?? status]))
}

async function git({ github }: Stage, command: readonly string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', github.repository(acme.repository).git.path, ...command])
  return stdout
}

function changedLines(diff: string): readonly string[] {
  return diff
    .split('\n')
    .filter((line) => /^[-+]/.test(line) && !line.startsWith('---'))
    .map((line) => line.replace(/^\+\+\+ b\//, ''))
}

function activity({ github, registry }: Stage): number {
  return (
    github.requests.count() +
    github.deliveries.length +
    Object.values(registry.requests.all()).reduce((sum, count) => sum + count, 0)
  )
}

async function withPatience(work: Promise<void>, tell: () => string): Promise<void> {
  const enough = new AbortController()
  const late = delay(patienceMs, undefined, { signal: enough.signal }).then(() => {
    throw new Error(`the world did not come to rest in ${patienceMs / 1000} s\n${tell()}`)
  })
  try {
    await Promise.race([work, late])
  } finally {
    enough.abort()
    late.catch(() => {})
  }
}

function history({ github }: Stage, log: readonly string[]): string {
  const requests = github.requests.all.map(({ n, method, route, status }) => `${n} ${method} ${route} ${status}`)
  const deliveries = github.deliveries.map((delivery) => JSON.stringify({ ...delivery, payload: undefined }))
  return ['requests:', ...requests, 'deliveries:', ...deliveries.slice(-30), 'log:', ...log.slice(-60)].join('\n')
}
