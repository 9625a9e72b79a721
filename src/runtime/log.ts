import { pino, type Logger as PinoLogger } from 'pino'

/** A line is a constant sentence plus fields: `log.info({ skipped }, 'release planned')`. */
export type Logger = PinoLogger

export function createLogger(): Logger {
  return pino()
}
