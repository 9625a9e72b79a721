import assert from 'node:assert/strict'
import { type Stage, openStage } from '../../src/cli/stage.ts'
import { parseCommitSha } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { acme } from '../../src/sandbox/acme.ts'
import { type BotProcess, botProcess } from '../support/bot-process.ts'
import { storyDatabase } from '../support/database.ts'
import type { Moment } from '../support/kill.ts'
import { prepareDatabase } from '../support/prepared-database.ts'
import { type FakeAgent, asks, come, failure, fakeAgent, liveDiff, report } from './agent-ground.ts'

/** What can be seen on GitHub when all has come to rest; commit ids, times and other ids are left out. */
export type End = {
  readonly checks: readonly string[]
  readonly comments: readonly string[]
  readonly deployments: readonly string[]
  /** Whether the tag stands on the default branch's head. */
  readonly tagged: boolean
}

export type Life = { readonly end: End; readonly writes: readonly string[]; readonly kills: number }

type Actors = { readonly stage: Stage; readonly bot: BotProcess; readonly agent: FakeAgent }

/**
 * A person's pull request is told what it changes, and merged; its sync fails, and the one after it succeeds. At the
 * given moment the bot, a process of its own, is killed (SIGKILL), and started again.
 */
export async function liveThrough(moment: Moment | undefined): Promise<Life> {
  const stage = await openStage({ ...storyDatabase(), withAgent: true })
  let url = ''
  const connect = (botUrl: string): void => {
    url = botUrl
    stage.connect(botUrl)
  }
  const bot = botProcess({ ...stage, connect })
  const agent = fakeAgent(stage.keys, () => url)
  try {
    await prepareDatabase(stage.settings.database)
    await bot.start()
    await bot.rest()
    await agent.connect()
    const writes = new Map<number, string>()
    let kills = 0
    stage.github.faults.onWrite(async ({ n, method, route, phase }) => {
      if (phase === 'before') writes.set(n, `${method} ${route}`)
      const write = [...writes.keys()].indexOf(n) + 1
      if (moment === undefined || kills > 0 || write !== moment.write || phase !== moment.phase) return
      kills += 1
      await bot.kill()
      if (phase === 'before') throw new Error('the sender was killed')
    })
    await tellStory({ stage, bot, agent })
    return { end: endOf(stage), writes: [...writes.values()], kills }
  } finally {
    await agent.disconnect()
    await bot.kill()
    await stage.close()
  }
}

async function tellStory({ stage, bot, agent }: Actors): Promise<void> {
  const bob = stage.github.person('bob')
  const files = { 'clusters/production/demo-settings.yaml': 'a: 1\n' }
  await bob.push(acme.repository, { branch: 'topic', files, create: true, message: 'Change the settings' })
  await bob.openPull(acme.repository, { head: 'topic', title: 'Change the settings' })
  let answered = 0
  await comeToRest(bot, () => {
    for (const { pull, base, head } of asks(agent).slice(answered)) {
      agent.say({ kind: 'diffed', pull, base, head, result: { kind: 'diff', diff: liveDiff() } })
      answered += 1
    }
    assert.equal(commentsOf(stage).length, 1)
    assert.ok(checksOf(stage).includes('lotse/diff (production) success'))
  })
  await bob.mergePull(acme.repository, 1)
  await bot.rest()
  sync({ stage, bot, agent }, failure)
  await comeToRest(bot, () => {
    assert.equal(commentsOf(stage).length, 2)
    assert.deepEqual(deploymentsOf(stage), ['production failure'])
  })
  await bob.push(acme.repository, { branch: 'main', files: { ...files, 'x.md': 'x' }, message: 'Mend it' })
  await bot.rest()
  sync({ stage, bot, agent }, {})
  await comeToRest(bot, () => assert.ok(endOf(stage).tagged))
}

async function comeToRest(bot: BotProcess, look: () => void): Promise<void> {
  await come(async () => {
    await bot.rest()
    look()
  })
}

function sync({ stage, agent }: Actors, override: Parameters<typeof report>[1]): void {
  const commit = guaranteed(parseCommitSha(headOf(stage)))
  agent.say({ kind: 'started', commit })
  agent.say({ kind: 'synced', report: report(commit, override) })
}

function headOf({ github }: Stage): string {
  return github.repository(acme.repository).git.refs.get('refs/heads/main') ?? ''
}

function endOf(stage: Stage): End {
  const tag = stage.github.repository(acme.repository).git.refs.get(`refs/tags/lotse-sync/${acme.cluster}`)
  return {
    checks: checksOf(stage),
    comments: commentsOf(stage),
    deployments: deploymentsOf(stage),
    tagged: tag === headOf(stage),
  }
}

/** Sorted: which of two journeys was first is not the point. */
function checksOf({ github }: Stage): readonly string[] {
  const runs = [...github.repository(acme.repository).checkRuns.values()]
  return runs.map(({ name, status, conclusion }) => `${name} ${conclusion ?? status}`).toSorted()
}

function commentsOf({ github }: Stage): readonly string[] {
  const comments = [...github.repository(acme.repository).comments.values()]
  return comments.filter(({ user }) => user.type === 'Bot').map(({ body }) => body.replace(/[0-9a-f]{7,40}/g, 'COMMIT'))
}

/** What each says last: whether it was ever in progress depends on how fast its agent was. */
function deploymentsOf({ github }: Stage): readonly string[] {
  const deployments = [...github.repository(acme.repository).deployments.values()]
  return deployments.map(({ environment, statuses }) => `${environment} ${statuses.at(-1)?.state}`)
}
