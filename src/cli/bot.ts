import { parseArgs } from 'node:util'
import { startBot } from '../bot/main.ts'
import { createLogger } from '../runtime/log.ts'
import { readBotSettings } from '../runtime/settings.ts'
import { untilShutdown } from '../runtime/shutdown.ts'

export async function runBot(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args], options: {} })
  const settings = readBotSettings(process.env)
  const log = createLogger(settings.log)
  const bot = await startBot(settings, { log, now: () => new Date(), random: Math.random })
  await untilShutdown({ log, stop: bot.stop })
  return 0
}
