import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

/** The agent as a process of its own, that may die at any moment. */
export type AgentProcess = {
  readonly start: () => void
  /** SIGKILL; resolves when it is dead. */
  readonly kill: () => Promise<void>
  readonly pid: () => number | undefined
  /** The end of what it logged, over all its lives. */
  readonly log: () => string
}

const main = resolve(import.meta.dirname, '../../src/cli/main.ts')

export function agentProcess(environment: Readonly<Record<string, string>>): AgentProcess {
  let child: ChildProcess | undefined
  let log = ''
  return {
    start() {
      const own = { LOG_FORMAT: 'text', PATH: process.env['PATH'] ?? '' }
      const env: Readonly<Record<string, string>> = { ...environment, ...own }
      const started = spawn(process.execPath, [main, 'agent'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
      child = started
      const keep = (data: Buffer): void => {
        log = (log + data.toString()).slice(-20_000)
      }
      started.stdout.on('data', keep)
      started.stderr.on('data', keep)
    },
    async kill() {
      const dying = child
      child = undefined
      if (dying === undefined || dying.exitCode !== null) return
      const death = once(dying, 'exit')
      dying.kill('SIGKILL')
      await death
    },
    pid: () => child?.pid,
    log: () => log,
  }
}
