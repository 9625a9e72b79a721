import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startBot } from '../bot/main.ts'
import { formatProblem } from '../core/parsed.ts'
import { UserError } from '../core/user-error.ts'
import { createLogger } from '../runtime/log.ts'
import { readBotSettings } from '../runtime/settings.ts'
import { untilStopped } from './until-stopped.ts'

export async function runBot(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args], options: {} })
  const settings = readBotSettings({ environment: process.env, readFile: (path) => readFileSync(path, 'utf8') })
  if (!settings.ok) {
    const problems = settings.problems.map((problem) => `  ${formatProblem(problem)}`)
    throw new UserError(`the settings cannot be used\n${problems.join('\n')}`, {
      help: 'docs/settings.md names them all; .env.example is a start',
    })
  }
  const log = createLogger(settings.value.log)
  const bot = await startBot(settings.value, { log, now: () => new Date(), random: Math.random })
  return untilStopped([{ what: 'bot', stop: () => bot.stop() }], log)
}
