import { type Logger } from './log.ts'

export type Stop = { readonly what: string; readonly stop: () => Promise<void> }

export type ShutdownDeps = {
  readonly log: Logger
  /** `process` */
  readonly signals: {
    on(signal: NodeJS.Signals, heard: () => void): unknown
    off(signal: NodeJS.Signals, heard: () => void): unknown
  }
  readonly exit: (code: number) => void
  readonly deadlineMs: number
}

/**
 * On SIGTERM or SIGINT stops one after the other, in the order given: first what lets work in, last what work needs.
 * A stop that fails does not keep the next ones from stopping. The second signal, or the deadline, exits at once:
 * nothing is lost by that either, only done again.
 */
export function stopOnSignal(stops: readonly Stop[], deps: ShutdownDeps): { readonly forget: () => void } {
  let deadline: NodeJS.Timeout | undefined
  const heard = (signal: NodeJS.Signals) => () => {
    if (deadline !== undefined) {
      clearTimeout(deadline)
      return deps.exit(130)
    }
    deps.log.info({ signal }, 'stopping')
    deadline = setTimeout(() => {
      deps.log.error('did not stop in time')
      deps.exit(1)
    }, deps.deadlineMs)
    void stopAll(stops, deps.log).then((failures) => {
      clearTimeout(deadline)
      deps.exit(failures === 0 ? 0 : 1)
    })
  }
  const listeners = (['SIGTERM', 'SIGINT'] as const).map((signal) => [signal, heard(signal)] as const)
  for (const [signal, listener] of listeners) deps.signals.on(signal, listener)
  return {
    forget() {
      for (const [signal, listener] of listeners) deps.signals.off(signal, listener)
    },
  }
}

/** How many failed. */
export async function stopAll(stops: readonly Stop[], log: Logger): Promise<number> {
  let failures = 0
  for (const { what, stop } of stops) {
    try {
      await stop()
    } catch (error) {
      failures += 1
      log.error({ err: error, what }, 'could not stop')
    }
  }
  return failures
}
