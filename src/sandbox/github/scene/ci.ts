import { personActor } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { findAccount, requireRepository } from '../lookup.ts'
import { addAccount, addApp } from '../operations/accounts.ts'
import { createCheckRun, createStatus, updateCheckRun } from '../operations/checks.ts'
import { latestRuns } from '../operations/check-state.ts'
import { type App, type CheckConclusion } from '../state.ts'

/** A continuous integration that is another GitHub App than the one under test. */
export type Ci = {
  readonly appId: number
  /** Makes or updates the check run of this name on a commit; gives its id. */
  report(sha: string, check: CiReport): Promise<number>
  status(sha: string, status: CiStatus): Promise<void>
}

export type CiReport = { readonly name: string } & (
  | { readonly conclusion: Exclude<CheckConclusion, 'stale'> }
  | { readonly status: 'queued' | 'in_progress' }
)

export type CiStatus = {
  readonly context: string
  readonly state: 'error' | 'failure' | 'pending' | 'success'
  readonly description?: string
}

export function ciOf(github: GitHub, name: string): Ci {
  const repository = requireRepository(github.state, name)
  const app = ciApp(github)
  return {
    appId: app.id,
    async report(sha, check) {
      const running = latestRuns(repository, sha).find((run) => run.suite.app === app && run.name === check.name)
      if (running !== undefined && running.status !== 'completed') {
        await updateCheckRun(github, running, check)
        return running.id
      }
      return (await createCheckRun(github, { repository, app }, { ...check, headSha: sha })).id
    },
    async status(sha, { context, state, description = null }) {
      const actor = personActor(app.bot)
      await createStatus(github, { repository, actor }, { sha, state, context, description, targetUrl: null })
    },
  }
}

/** Installed nowhere that matters: it only reports. */
function ciApp(github: GitHub): App {
  const known = [...github.state.apps.values()].find(({ slug }) => slug === 'ci')
  if (known !== undefined) return known
  const owner = findAccount(github.state, 'ci-vendor') ?? addAccount(github, 'ci-vendor', 'Organization')
  return addApp(github, { name: 'ci', owner, permissions: { checks: 'write', statuses: 'write' }, events: [] })
}
