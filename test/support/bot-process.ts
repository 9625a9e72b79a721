import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { Stage } from '../../src/cli/stage.ts'

/** The bot as a process of its own, that may die at any moment. */
export type BotProcess = {
  start(): Promise<void>
  /** SIGKILL; resolves when it is dead. */
  kill(): Promise<void>
  /** When nothing is under way any more; a bot that is dead is started again first. Asking costs the bot a little. */
  rest(options?: { readonly everyMs?: number }): Promise<void>
  /** Of the process that runs now, if one does. */
  pid(): number | undefined
}

/** `said` hears each line of the bot's log. */
export function botProcess(stage: Stage, said: (line: string) => void = () => {}): BotProcess {
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
  async function round(everyMs: number): Promise<boolean> {
    if (death !== undefined) {
      await death
      await bot.start()
    }
    await stage.settled()
    while ((await busy()) === true) await delay(everyMs)
    await stage.settled()
    return (await busy()) === false && death === undefined
  }

  const bot: BotProcess = {
    async start() {
      death = undefined
      const port = url === '' ? '0' : new URL(url).port
      const env = { ...stage.environment, PORT: port, PATH: process.env['PATH'] ?? '' }
      const started = spawn(process.execPath, [...nodeFlags(), main, 'bot'], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      child = started
      url = await urlIn(started, said)
      stage.connect(url)
    },
    async kill() {
      if (child === undefined || death !== undefined) return
      death = once(child, 'exit')
      child.kill('SIGKILL')
      await death
    },
    async rest({ everyMs = 20 } = {}) {
      let seen = -1
      while (!(await round(everyMs)) || seen !== activity(stage)) seen = activity(stage)
    },
    pid: () => (death === undefined ? child?.pid : undefined),
  }
  return bot
}

/** Those of the image: what holds with them is what people run. */
function nodeFlags(): readonly string[] {
  const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')
  const [, entrypoint = '[]'] = /^ENTRYPOINT (.+)$/m.exec(dockerfile) ?? []
  return entrypoint.match(/(?<=")--[^"]+/g) ?? []
}

/** The bot says where it listens in its log. */
async function urlIn(child: ChildProcess, said: (line: string) => void): Promise<string> {
  let log = ''
  return new Promise((found, lost) => {
    child.once('exit', () => lost(new Error(`the bot ended before it listened:\n${log}`)))
    if (child.stdout === null) return
    createInterface(child.stdout).on('line', (line) => {
      log = `${log}${line}\n`.slice(-20_000)
      said(line)
      const url = /"url":"(http:[^"]+)"/.exec(line)?.[1]
      if (url !== undefined) found(url)
    })
  })
}

function activity({ github, registry }: Stage): number {
  const asked = Object.values(registry.requests.all()).reduce((sum, count) => sum + count, 0)
  return github.requests.count() + github.deliveries.length + asked
}
