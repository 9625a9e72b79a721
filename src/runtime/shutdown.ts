import { type Logger } from './log.ts'

/** `process`, as far as shutdown needs it. */
export type ProcessSignals = {
  on(signal: NodeJS.Signals, heard: (signal: NodeJS.Signals) => void): unknown
  off(signal: NodeJS.Signals, heard: (signal: NodeJS.Signals) => void): unknown
  exit(code: number): void
}

export type ShutdownOptions = {
  readonly log: Logger
  readonly stop: () => Promise<void>
  readonly deadlineMs?: number
  readonly signals?: ProcessSignals
}

const stopSignals = ['SIGTERM', 'SIGINT'] as const

/**
 * Waits for SIGTERM or SIGINT, stops, and is done. The second signal, or the deadline, exits at once: nothing is lost by
 * that, it is only done again. The deadline is below the 30 seconds that Kubernetes gives, and above what jobs take.
 */
export async function untilShutdown({
  log,
  stop,
  deadlineMs = 28_000,
  signals = process,
}: ShutdownOptions): Promise<void> {
  const first = Promise.withResolvers<NodeJS.Signals>()
  for (const signal of stopSignals) signals.on(signal, first.resolve)
  log.info({ signal: await first.promise }, 'stopping')

  const again = () => signals.exit(130)
  for (const signal of stopSignals) signals.on(signal, again)
  const deadline = setTimeout(() => {
    log.error('did not stop in time')
    signals.exit(1)
  }, deadlineMs)
  try {
    await stop()
  } finally {
    clearTimeout(deadline)
    for (const signal of stopSignals) {
      signals.off(signal, first.resolve)
      signals.off(signal, again)
    }
  }
}
