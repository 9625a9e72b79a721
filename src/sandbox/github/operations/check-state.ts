import { type CheckRun, type CommitStatus, type Repository } from '../state.ts'

export type CheckState = 'expected' | 'pending' | 'failing' | 'success'

/** Everything that ever ran on a commit, oldest first: also what newer runs of the same name have taken the place of. */
export function allRuns(repository: Repository, sha: string): readonly CheckRun[] {
  return [...repository.checkRuns.values()].filter(({ suite }) => suite.headSha === sha)
}

/** The newest run of each app, workflow and name on a commit: what counts. */
export function latestRuns(repository: Repository, sha: string): readonly CheckRun[] {
  return newest(
    allRuns(repository, sha),
    ({ suite, name }) => `${suite.app.id} ${suite.workflowRun?.workflow.id} ${name}`,
  )
}

/** The newest run of each name in each suite: a suite is not emptied by a later one. */
export function latestOfSuites(repository: Repository, sha: string): readonly CheckRun[] {
  return newest(allRuns(repository, sha), ({ suite, name }) => `${suite.id} ${name}`)
}

function newest(runs: readonly CheckRun[], key: (run: CheckRun) => string): readonly CheckRun[] {
  return [...new Map(runs.map((run) => [key(run), run])).values()]
}

/** The newest status of each context on a commit. */
export function latestStatuses(repository: Repository, sha: string): readonly CommitStatus[] {
  const latest = new Map<string, CommitStatus>()
  for (const status of repository.statuses) if (status.sha === sha) latest.set(status.context, status)
  return [...latest.values()]
}

/** How a required context stands: everything that reports under its name must have succeeded, and something must. */
export function requiredState(
  repository: Repository,
  sha: string,
  required: { readonly context: string; readonly integrationId?: number },
): CheckState {
  const runs = latestRuns(repository, sha).filter(
    (run) =>
      run.name === required.context &&
      (required.integrationId === undefined || run.suite.app.id === required.integrationId),
  )
  const statuses =
    required.integrationId === undefined
      ? latestStatuses(repository, sha).filter(({ context }) => context === required.context)
      : []
  return worst([...runs.map(runState), ...statuses.map(statusState)])
}

/** How a commit stands as a whole; `expected` when nobody has reported. */
export function commitState(repository: Repository, sha: string): CheckState {
  return worst([...latestRuns(repository, sha).map(runState), ...latestStatuses(repository, sha).map(statusState)])
}

function worst(states: readonly CheckState[]): CheckState {
  return (['failing', 'pending', 'success'] as const).find((state) => states.includes(state)) ?? 'expected'
}

export function runState({ status, conclusion }: CheckRun): CheckState {
  if (status !== 'completed') return 'pending'
  return conclusion === 'success' || conclusion === 'neutral' || conclusion === 'skipped' ? 'success' : 'failing'
}

export function statusState({ state }: CommitStatus): CheckState {
  if (state === 'pending') return 'pending'
  return state === 'success' ? 'success' : 'failing'
}
