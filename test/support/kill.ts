import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Stage, openStage } from '../../src/cli/stage.ts'
import { acme } from '../../src/sandbox/acme.ts'
import { storyDatabase } from './database.ts'
import { prepareDatabase } from './prepared-database.ts'

export type Moment = { readonly write: number; readonly phase: 'before' | 'after' }

/** What can be seen on GitHub when all has come to rest; commit ids and times are left out. */
export type End = {
  readonly pulls: readonly string[]
  readonly branches: readonly string[]
  readonly files: string
  readonly checks: readonly string[]
  readonly replies: readonly string[]
  readonly reactions: readonly string[]
}

export type Life = { readonly end: End; readonly writes: readonly string[]; readonly kills: number }

/**
 * The story of a release, with the bot in a process of its own: a tag is pushed, somebody asks why, CI says yes. At the
 * given moment that process is killed (SIGKILL), and started again.
 */
export async function liveThrough(moment: Moment | undefined): Promise<Life> {
  const stage = await openStage(storyDatabase())
  const bot = processOf(stage)
  try {
    await prepareDatabase(stage.settings.database)
    await bot.start()
    await bot.rest()
    const writes: string[] = []
    let kills = 0
    stage.github.faults.onWrite(async ({ method, route, phase }) => {
      if (phase === 'before') writes.push(`${method} ${route}`)
      if (moment === undefined || kills > 0 || writes.length !== moment.write || phase !== moment.phase) return
      kills += 1
      await bot.kill()
      // Who sent it is gone before it had an effect: it has none.
      if (phase === 'before') throw new Error('the sender was killed')
    })
    await stage.push('1.2.1')
    await bot.rest()
    await stage.github.person('bob').comment(acme.repository, 1, '/lotse why')
    await bot.rest()
    await stage.github.ci(acme.repository).report(headOf(stage), { name: 'ci', conclusion: 'success' })
    await bot.rest()
    return { end: await endOf(stage), writes, kills }
  } finally {
    await bot.kill()
    await stage.close()
  }
}

type BotProcess = { start(): Promise<void>; kill(): Promise<void>; rest(): Promise<void> }

function processOf(stage: Stage): BotProcess {
  const main = resolve(import.meta.dirname, '../../src/cli/main.ts')
  let child: ChildProcess | undefined
  let death: Promise<unknown> | undefined
  let url = ''

  /** Whether a job waits or runs; undefined: there is nobody to ask. */
  async function busy(): Promise<boolean | undefined> {
    try {
      return /^lotse_jobs\{/m.test(await (await fetch(`${url}/metrics`)).text())
    } catch {
      return undefined
    }
  }

  /** One round of waiting: true when the bot lived through it, and nothing was under way at its end. */
  async function round(): Promise<boolean> {
    if (death !== undefined) {
      await death
      await bot.start()
    }
    await stage.settled()
    while ((await busy()) === true) await delay(20)
    await stage.settled()
    return (await busy()) === false && death === undefined
  }

  const bot: BotProcess = {
    async start() {
      death = undefined
      const port = url === '' ? '0' : new URL(url).port
      const env = { ...stage.environment, PORT: port, PATH: process.env['PATH'] ?? '' }
      const started = spawn(process.execPath, [main, 'bot'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
      child = started
      url = await urlIn(started)
      stage.connect(url)
    },
    async kill() {
      if (child === undefined || death !== undefined) return
      death = once(child, 'exit')
      child.kill('SIGKILL')
      await death
    },
    async rest() {
      let seen = -1
      while (!(await round()) || seen !== activity(stage)) seen = activity(stage)
    },
  }
  return bot
}

/** The bot says where it listens in its log; the rest of the log is let go. */
async function urlIn(child: ChildProcess): Promise<string> {
  let log = ''
  return new Promise((found, lost) => {
    child.stdout?.on('data', (data: Buffer) => {
      log = (log + data.toString()).slice(-20_000)
      const url = /"url":"(http:[^"]+)"/.exec(log)?.[1]
      if (url !== undefined) found(url)
    })
    child.once('exit', () => lost(new Error(`the bot ended before it listened:\n${log}`)))
  })
}

function headOf(stage: Stage): string {
  return stage.github.repository(acme.repository).issues.get(1)?.pull?.head.sha ?? ''
}

/** Every file of the default branch, by its blob: the same bytes have the same id. */
async function filesOf(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', path, 'ls-tree', '-r', 'main'])
  return stdout
}

function activity({ github, registry }: Stage): number {
  const asked = Object.values(registry.requests.all()).reduce((sum, count) => sum + count, 0)
  return github.requests.count() + github.deliveries.length + asked
}

async function endOf({ github }: Stage): Promise<End> {
  const repository = github.repository(acme.repository)
  const issues = [...repository.issues.values()]
  const comments = [...repository.comments.values()]
  return {
    pulls: issues.map(({ number, pull, state, title }) => `${number} ${pull?.merged ? 'merged' : state} ${title}`),
    branches: [...repository.git.refs.all().keys()].filter((ref) => ref.startsWith('refs/heads/')),
    files: await filesOf(repository.git.path),
    checks: [...repository.checkRuns.values()].map(({ name, status, conclusion }) => `${name} ${conclusion ?? status}`),
    replies: comments
      .filter(({ user }) => user.type === 'Bot')
      .map(({ body }) => body.replace(/comment=\d+/, 'comment=ID')),
    reactions: comments.flatMap(({ reactions }) => reactions.map(({ content }) => content)),
  }
}
