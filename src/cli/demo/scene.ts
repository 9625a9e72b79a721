import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Bot } from '../../bot/main.ts'
import { acme } from '../../sandbox/acme.ts'
import type { Issue } from '../../sandbox/github/state.ts'
import type { Stage } from '../stage.ts'
import type { Told } from './say.ts'

/** Who plays in the story, and where. */
export type Scene = { readonly stage: Stage; readonly bot: Bot }

/** When a round of waiting finds nothing new: what the bot does may come back to it as webhooks. */
export async function rest({ stage, bot }: Scene): Promise<void> {
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
export async function come<T>(scene: Scene, look: () => T | Promise<T>): Promise<Awaited<T>> {
  for (const start = performance.now(); ;) {
    await rest(scene)
    try {
      return await look()
    } catch (error) {
      if (performance.now() - start > patienceMs) throw error
      await delay(100)
    }
  }
}

export type PullSeen = { readonly number: number; readonly head: string }

/** A story that goes otherwise than it is told ends the demo with an error, so that `--once` is a test. */
export function lookAtPull({ stage }: Scene, number: number, expected: 'open' | 'merged'): Told<PullSeen> {
  const { pull, title, state: issueState } = issue(stage, number)
  if (pull === undefined) throw new Error(`#${number} is no pull request`)
  const state = pull.merged === undefined ? issueState : 'merged'
  if (state !== expected) throw new Error(`pull request ${number} is ${state}, expected it to be ${expected}`)
  const url = `${stage.github.webUrl}/${acme.repository}/pull/${number}`
  return { result: { number, head: pull.head.sha }, look: [`#${number} “${title}” is ${state}`, url] }
}

function issue(stage: Stage, number: number): Issue {
  const found = stage.github.repository(acme.repository).issues.get(number)
  if (found === undefined) throw new Error(`there is no pull request ${number}`)
  return found
}

/** What the bot said to the last comment of a person, or of itself where `about` is in it. */
export function wordOn({ stage }: Scene, number: number, about: string): string {
  const comments = [...stage.github.repository(acme.repository).comments.values()]
  const own = comments.filter(({ issue, user }) => issue.number === number && user.type === 'Bot')
  const body = own.findLast((comment) => comment.body.includes(about))?.body
  if (body === undefined) throw new Error(`nobody said anything about ${about} on #${number}`)
  return body.replace(/<!--.*?-->/gs, '').trim()
}

export async function diffOf({ stage }: Scene, head: string): Promise<string> {
  const { path } = stage.github.repository(acme.repository).git
  const { stdout } = await promisify(execFile)('git', ['-C', path, 'diff', '--unified=1', `${head}~`, head])
  return stdout.trimEnd()
}
