import { startBot } from '../bot/main.ts'
import { createLogger } from '../runtime/log.ts'
import { readBotSettings } from '../runtime/settings.ts'
import { untilShutdown } from '../runtime/shutdown.ts'
import { WrongCall, readArguments } from './arguments.ts'

export async function runBot(args: readonly string[]): Promise<number> {
  const [word] = readArguments(args, {}).words
  if (word !== undefined) throw new WrongCall(`expected nothing after \`lotse bot\`, got \`${word}\``)
  const settings = readBotSettings(process.env)
  const log = createLogger(settings.log)
  const bot = await startBot(settings, { log, now: () => new Date(), random: Math.random })
  await untilShutdown({ log, stop: bot.stop })
  return 0
}
