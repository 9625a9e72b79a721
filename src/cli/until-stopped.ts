import type { Logger } from '../runtime/log.ts'
import { type Stop, stopOnSignal } from '../runtime/shutdown.ts'

const deadlineMs = 30_000

/** Runs until SIGTERM or SIGINT; the exit code. A second signal ends the process at once. */
export function untilStopped(stops: readonly Stop[], log: Logger): Promise<number> {
  return new Promise((stopped) => {
    const deps = {
      log,
      signals: process,
      deadlineMs,
      exit: (code: number) => (code === 0 ? stopped(code) : process.exit(code)),
    }
    stopOnSignal(stops, deps)
  })
}
