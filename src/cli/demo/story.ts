import { setTimeout as delay } from 'node:timers/promises'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Bot } from '../../bot/main.ts'
import { acme } from '../../sandbox/acme.ts'
import type { Stage } from '../stage.ts'
import { indent, say, step } from './say.ts'

/** The story of a release, told while it happens; every step is real. */
export async function tell(stage: Stage, bot: Bot): Promise<void> {
  const pull = await step(
    'demo-service:1.2.1 and 1.3.0 are pushed; the policy semver:~1.2 allows one of them',
    async () => {
      await stage.push('1.2.1')
      await stage.push('1.3.0')
      return come(stage, bot, () => lookAt(stage, 1, 'open'))
    },
  )
  say(indent(await diffOf(stage, pull.head)))
  await step('CI says yes, and the bot merges: every rule holds', async () => {
    await stage.github.ci(acme.repository).report(pull.head, { name: 'ci', conclusion: 'success' })
    return come(stage, bot, () => lookAt(stage, 1, 'merged'))
  })
  await step('demo-service:1.2.2 is pushed, and Bob asks why it is not merged yet: /lotse why', async () => {
    await stage.push('1.2.2')
    await rest(stage, bot)
    await stage.github.person('bob').comment(acme.repository, 2, '/lotse why')
    return come(stage, bot, () => lookAt(stage, 2, 'open'))
  })
  say(indent(await come(stage, bot, () => answerOn(stage, 2))))
}

/** When a round of waiting finds nothing new: what the bot does may come back to it as webhooks. */
export async function rest(stage: Stage, bot: Bot): Promise<void> {
  const activity = (): number => stage.github.requests.count() + stage.github.deliveries.length
  for (let seen = -1; seen !== activity();) {
    seen = activity()
    await stage.settled()
    await bot.settled()
    await stage.settled()
  }
}

const patienceMs = 20_000

/** What is looked for, as soon as it is there; after a while, why it is not. */
async function come<T>(stage: Stage, bot: Bot, look: () => T): Promise<T> {
  for (const start = performance.now(); ;) {
    await rest(stage, bot)
    try {
      return look()
    } catch (error) {
      if (performance.now() - start > patienceMs) throw error
      await delay(100)
    }
  }
}

type Seen = { readonly head: string }

/** A story that goes otherwise than it is told ends the demo with an error, so that `--once` is a test. */
function lookAt(
  stage: Stage,
  number: number,
  expected: 'open' | 'merged',
): { readonly result: Seen; readonly look: readonly string[] } {
  const issue = stage.github.repository(acme.repository).issues.get(number)
  if (issue?.pull === undefined) throw new Error(`there is no pull request ${number}`)
  const state = issue.pull.merged === undefined ? issue.state : 'merged'
  if (state !== expected) throw new Error(`pull request ${number} is ${state}, expected it to be ${expected}`)
  const url = `${stage.github.webUrl}/${acme.repository}/pull/${number}`
  return { result: { head: issue.pull.head.sha }, look: [`#${number} “${issue.title}” is ${state}`, url] }
}

function answerOn(stage: Stage, number: number): string {
  const comments = [...stage.github.repository(acme.repository).comments.values()]
  const body = comments.findLast(({ issue, user }) => issue.number === number && user.type === 'Bot')?.body
  if (body === undefined) throw new Error('nobody answered')
  return body.replace(/<!--.*?-->/g, '').trim()
}

async function diffOf(stage: Stage, head: string): Promise<string> {
  const { path } = stage.github.repository(acme.repository).git
  const { stdout } = await promisify(execFile)('git', ['-C', path, 'diff', '--unified=1', `${head}~`, head])
  return stdout.trimEnd()
}
