import { type Logger } from './log.ts'

export type EveryDeps = { readonly log: Logger; /** In [0, 1). */ readonly random: () => number }

/**
 * Does `work` again and again, each time between 0.9 and 1.1 of the interval after the start or after the last one
 * ended, so that replicas which start together drift apart. Keeps no process alive.
 */
export function every(
  intervalMs: number,
  work: () => Promise<void>,
  { log, random }: EveryDeps,
): { readonly stop: () => void } {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  async function turn(): Promise<void> {
    try {
      await work()
    } catch (error) {
      log.error({ err: error }, 'timer failed')
    }
    if (!stopped) wait()
  }
  function wait(): void {
    timer = setTimeout(() => void turn(), intervalMs * (0.9 + 0.2 * random())).unref()
  }
  wait()
  return {
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
