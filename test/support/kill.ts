import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Stage, type StageOptions, openStage } from '../../src/cli/stage.ts'
import { acme, acmeFiles } from '../../src/sandbox/acme.ts'
import type { Issue } from '../../src/sandbox/github/state.ts'
import { botProcess } from './bot-process.ts'
import { storyDatabase } from './database.ts'
import { prepareDatabase } from './prepared-database.ts'

export type Moment = { readonly write: number; readonly phase: 'before' | 'after' }

/** What can be seen on GitHub when all has come to rest; commit ids and times are left out. */
export type End = {
  readonly pulls: readonly string[]
  readonly branches: readonly string[]
  /** The subjects of the default branch, newest first, and its files. */
  readonly commits: readonly string[]
  readonly files: string
  readonly given: readonly string[]
  readonly checks: readonly string[]
  readonly replies: readonly string[]
  readonly reactions: readonly string[]
}

export type Life = { readonly end: End; readonly writes: readonly string[]; readonly kills: number }

export type Story = {
  readonly files: StageOptions['files']
  readonly live: (stage: Stage, rest: () => Promise<void>) => Promise<void>
}

const configuration = acmeFiles['.github/lotse.yaml'] ?? ''

/** A tag is pushed, somebody asks why, CI says yes. */
export const release: Story = {
  files: { '.github/lotse.yaml': `${configuration}pull-requests: { labels: [release], reviewers: [alice] }\n` },
  async live(stage, rest) {
    await stage.push('1.2.1')
    await rest()
    await stage.github.person('bob').comment(acme.repository, 1, '/lotse why')
    await rest()
    await stage.github.ci(acme.repository).report(headOf(stage), { name: 'ci', conclusion: 'success' })
    await rest()
  },
}

/** A tag is pushed, and released by a commit. */
export const releaseByCommit: Story = {
  files: { '.github/lotse.yaml': configuration.replace('merge: auto', 'merge: commit') },
  async live(stage, rest) {
    await stage.push('1.2.1')
    await rest()
  },
}

/** The cluster is told to commit while a pull request is open. */
export const releaseByCommitInstead: Story = {
  files: {},
  async live(stage, rest) {
    await stage.push('1.2.1')
    await rest()
    const { files = {} } = releaseByCommit
    const commit = { branch: 'main', files, message: 'Commit releases' }
    await stage.github.person('alice').push(acme.repository, commit)
    await rest()
  },
}

/**
 * A story with the bot in a process of its own. At the given moment that process is killed (SIGKILL), and started again.
 */
export async function liveThrough(story: Story, moment: Moment | undefined): Promise<Life> {
  const stage = await openStage({ ...storyDatabase(), files: story.files ?? {} })
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
    await story.live(stage, () => bot.rest())
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
  return git(path, ['ls-tree', '-r', 'main'])
}

async function git(path: string, command: readonly string[]): Promise<string> {
  return (await promisify(execFile)('git', ['-C', path, ...command])).stdout
}

/** What a pull request was given, and how often it was. */
function givenTo({ number, pull, timeline }: Issue): readonly string[] {
  const labels = timeline.flatMap(({ event, label }) => (event === 'labeled' ? [`${number} ${label?.name}`] : []))
  return [...labels, ...(pull?.requestedReviewers.map(({ login }) => `${number} ${login}`) ?? [])]
}

async function endOf({ github }: Stage): Promise<End> {
  const repository = github.repository(acme.repository)
  const issues = [...repository.issues.values()]
  const comments = [...repository.comments.values()]
  // What a check said last of what was closed unmerged depends on who looked last.
  const withdrawn = issues.filter(({ state, pull }) => state === 'closed' && pull?.merged === undefined)
  const gone = new Set(withdrawn.map(({ pull }) => pull?.head.sha))
  const checkRuns = [...repository.checkRuns.values()].filter(({ suite }) => !gone.has(suite.headSha))
  return {
    pulls: issues.map(({ number, pull, state, title }) => `${number} ${pull?.merged ? 'merged' : state} ${title}`),
    branches: [...repository.git.refs.all().keys()].filter((ref) => ref.startsWith('refs/heads/')),
    commits: (await git(repository.git.path, ['log', '--format=%s', 'main'])).trim().split('\n'),
    files: await filesOf(repository.git.path),
    given: issues.flatMap(givenTo),
    checks: checkRuns.map(({ name, status, conclusion }) => `${name} ${conclusion ?? status}`),
    replies: comments
      .filter(({ user }) => user.type === 'Bot')
      .map(({ body }) => body.replace(/comment=\d+/, 'comment=ID')),
    reactions: comments.flatMap(({ reactions }) => reactions.map(({ content }) => content)),
  }
}
