import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'

/** A line is a constant sentence plus fields, from a logger bound to its subject: `log.info({ skipped }, 'release planned')`. */
export type Logger = PinoLogger

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export const logFormats = ['json', 'text'] as const

export type LogOptions = {
  readonly level: (typeof logLevels)[number]
  readonly format: (typeof logFormats)[number]
}

/** A `Secret` shows as `•••` wherever it stands, for that is how it turns into JSON. */
export function createLogger({ level, format }: LogOptions, output: DestinationStream = process.stdout): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: plainError },
    },
    format === 'json' ? output : { write: (line) => output.write(textOf(line)) },
  )
}

export const silentLogger: Logger = pino({ level: 'silent' })

/** Only what every error has: clients of HTTP hang whole requests on theirs, with tokens in the headers. */
function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause === undefined ? {} : { cause: plainError(error.cause) }
  const causes = error instanceof AggregateError ? { errors: error.errors.map(plainError) } : {}
  return { name: error.name, message: error.message, stack: error.stack, ...cause, ...causes }
}

/** `10:00:00 warn  job needs a person job="release:42" try=1`, and the stack of an error below. */
function textOf(line: string): string {
  const { time, level, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
  return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${String(msg)}${pairs.join('')}\n${stackOf(err)}`
}

function stackOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('stack' in error)) return ''
  const cause = 'cause' in error ? stackOf(error.cause) : ''
  return `  ${String(error.stack).replaceAll('\n', '\n  ')}\n${cause}`
}
