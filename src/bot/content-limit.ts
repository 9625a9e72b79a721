import { ContentLimit } from '../io/github/content-limit.ts'
import type { JobHandler } from '../runtime/job-runner.ts'
import type { Deps } from './deps.ts'

type Waiting = Pick<Deps, 'log'> & { readonly jobs: Pick<Deps['jobs'], 'ask'> }

/**
 * A job that meets GitHub's limit on content is asked for again when there is room, as often as it takes: it has not
 * failed, so no try is counted, and none of what it has done already is done twice.
 */
export function patient({ jobs, log }: Waiting, journey: string, handler: JobHandler): JobHandler {
  return async (key, signal) => {
    try {
      await handler(key, signal)
    } catch (error) {
      if (!(error instanceof ContentLimit)) throw error
      const afterMs = error.retryAfterMs
      log.info({ journey, key, afterMs }, 'job waits until GitHub takes more content')
      await jobs.ask(journey, key, { afterMs })
    }
  }
}
