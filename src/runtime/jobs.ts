import { setTimeout as delay } from 'node:timers/promises'
import { type JobDatabase, openJobQueue } from './job-queue.ts'
import { type PendingJob } from './job-rows.ts'
import { type JobHandler, JobRunner, type JobSettings } from './job-runner.ts'
import { type Logger } from './log.ts'

/**
 * Keyed jobs: per journey and key at most one runs and one waits, across replicas. A job carries its key only and looks
 * up everything else when it runs, so whatever is asked while one waits is answered by that one.
 */
export type Jobs = {
  /** `afterMs` delays a new job; one that waits already is never put off, and is brought forward by an ask for sooner. */
  readonly ask: (journey: string, key: string, options?: { readonly afterMs?: number }) => Promise<void>
  /** Once, when everything that the handlers need is there. Before, jobs only wait. */
  readonly work: (handlers: Readonly<Record<string, JobHandler>>) => Promise<void>
  readonly pending: () => Promise<readonly PendingJob[]>
  /** When nothing waits or runs on any replica; delayed jobs and retries count. */
  readonly settled: () => Promise<void>
  /** Lets running jobs end, aborts those that outlast the grace time, and gives them back to the queue. */
  readonly stop: () => Promise<void>
}

export type JobDeps = {
  readonly database: JobDatabase
  readonly log: Logger
  /** In [0, 1), for jitter. */
  readonly random: () => number
  readonly settings?: Partial<JobSettings>
}

const defaults: JobSettings = {
  concurrency: 10,
  // With this back-off: about 40 minutes. What is lost after that, the refresh finds.
  tries: 12,
  backoff: { firstMs: 1000, mostMs: 600_000 },
  limitMs: 600_000,
  graceMs: 20_000,
  abortedMs: 5000,
  pollMs: 1000,
  sweepMs: 5000,
}

export async function createJobs({ database, log, random, settings: own = {} }: JobDeps): Promise<Jobs> {
  const settings = { ...defaults, ...own }
  const queue = await openJobQueue(database, { log, limitMs: settings.limitMs })
  let runner: JobRunner | undefined
  return {
    async ask(journey, key, { afterMs = 0 } = {}) {
      await queue.ask(journey, key, afterMs)
      runner?.wake(afterMs)
    },
    async work(handlers) {
      if (runner !== undefined) throw new Error('jobs are worked on already')
      runner = new JobRunner({ queue, handlers, settings, log, random })
      runner.start()
    },
    pending: queue.pending,
    async settled() {
      while ((await queue.pending()).length > 0) await delay(25)
    },
    async stop() {
      await runner?.stop()
      await queue.close()
    },
  }
}
