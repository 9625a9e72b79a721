import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

export type OnLifeline = {
  readonly process: ChildProcess
  /** The exit code, 128 and more for a signal. Rejects only when no process could be started. */
  readonly ended: Promise<number>
  /** Resolves when the program is gone. */
  readonly end: () => Promise<void>
}

export type LifelineOptions = {
  readonly program: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly folder?: string
  /** Where its output goes, as in `stdio` of `spawn`. */
  readonly output: readonly ['ignore' | 'pipe' | number, 'ignore' | 'pipe' | number]
  /** Removed when the program has ended. */
  readonly remove?: string
}

const script = join(import.meta.dirname, 'lifeline.sh')
const lastResortMs = 30_000

/**
 * Starts a program that ends with us, however we end. In a process group of its own: Ctrl-C in a terminal is for us, and
 * we end what we started in our order.
 */
export function startOnLifeline(options: LifelineOptions): OnLifeline {
  const { program, args, environment, folder, output, remove } = options
  const stdio: StdioOptions = ['pipe', ...output]
  const child = spawn('/bin/sh', [script, remove ?? '', program, ...args], {
    env: { ...environment },
    stdio,
    detached: true,
    ...(folder === undefined ? {} : { cwd: folder }),
  })
  // The shell may be gone before it has heard of the end.
  child.stdin?.on('error', () => undefined)
  const ended = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : 128))
  // Whoever waits for it hears of it; nobody has to.
  ended.catch(() => undefined)
  return {
    process: child,
    ended,
    async end() {
      child.stdin?.destroy()
      const stopWaiting = new AbortController()
      const late = wait(lastResortMs, 'late', { signal: stopWaiting.signal }).catch(() => 'stopped')
      if ((await Promise.race([ended.catch(() => 'ended'), late])) === 'late') killGroup(child)
      stopWaiting.abort()
      await ended.catch(() => undefined)
    },
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended in the meantime.
  }
}
