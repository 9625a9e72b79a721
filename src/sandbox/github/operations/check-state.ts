import { type CheckRun, type CommitStatus, type Repository } from '../state.ts'

export type CheckState = 'expected' | 'pending' | 'failing' | 'success'

/** The newest run of each name and app on a commit: what GitHub shows and counts. */
export function latestRuns(repository: Repository, sha: string): readonly CheckRun[] {
  const latest = new Map<string, CheckRun>()
  for (const run of repository.checkRuns.values()) {
    if (run.suite.headSha === sha) latest.set(`${run.suite.app.id} ${run.name}`, run)
  }
  return [...latest.values()]
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
