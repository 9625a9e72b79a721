import { personActor } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { findAccount, requireRepository } from '../lookup.ts'
import { addAccount, addApp } from '../operations/accounts.ts'
import { createCheckRun, createStatus, updateCheckRun } from '../operations/checks.ts'
import { allRuns } from '../operations/check-state.ts'
import { type App, type CheckConclusion } from '../state.ts'

/** A continuous integration that is another GitHub App than the one under test. */
export type Ci = {
  readonly appId: number
  /**
   * Updates the check run of this name on a commit while it has not completed, else makes a new one beside it; gives its
   * id. Of a `workflow` each run has a suite of its own, so that two workflows may have a job of the same name; `again`
   * runs it anew whatever became of the last run.
   */
  report(sha: string, check: CiReport): Promise<number>
  status(sha: string, status: CiStatus): Promise<void>
}

export type CiReport = { readonly name: string; readonly workflow?: string; readonly again?: boolean } & (
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
    async report(sha, { workflow, again = false, ...check }) {
      const last = allRuns(repository, sha).findLast(
        ({ suite, name: known }) =>
          suite.app === app && suite.workflowRun?.workflow.name === workflow && known === check.name,
      )
      if (last !== undefined && last.status !== 'completed' && !again) {
        await updateCheckRun(github, last, check)
        return last.id
      }
      const choice = workflow === undefined ? undefined : { name: workflow, again }
      return (await createCheckRun(github, { repository, app }, { ...check, headSha: sha, workflow: choice })).id
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
