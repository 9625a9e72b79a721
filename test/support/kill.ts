import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Stage, openStage } from '../../src/cli/stage.ts'
import { acme } from '../../src/sandbox/acme.ts'
import { botProcess } from './bot-process.ts'
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
  const bot = botProcess(stage)
  try {
    await prepareDatabase(stage.settings.database)
    await bot.start()
    await bot.rest()
    const writes = new Map<number, string>()
    let kills = 0
    stage.github.faults.onWrite(async ({ n, method, route, phase }) => {
      if (phase === 'before') writes.set(n, `${method} ${route}`)
      // By its number: the next write may begin before this one has had its effect.
      const write = [...writes.keys()].indexOf(n) + 1
      if (moment === undefined || kills > 0 || write !== moment.write || phase !== moment.phase) return
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
    return { end: await endOf(stage), writes: [...writes.values()], kills }
  } finally {
    await bot.kill()
    await stage.close()
  }
}

function headOf(stage: Stage): string {
  return stage.github.repository(acme.repository).issues.get(1)?.pull?.head.sha ?? ''
}

/** Every file of the default branch, by its blob: the same bytes have the same id. */
async function filesOf(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', path, 'ls-tree', '-r', 'main'])
  return stdout
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
