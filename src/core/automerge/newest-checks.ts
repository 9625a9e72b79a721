import type { CheckFacts } from './facts.ts'

export type CheckReport = CheckFacts & {
  /** Grows from run to run; undefined for a commit status, of which GitHub shows the newest only. */
  readonly id: number | undefined
}

/**
 * GitHub lists a run beside the re-runs that have replaced it; what counts is the newest of an app and a name. Two
 * workflows that name a job alike cannot be told apart: which workflow it was takes the permission `actions: read`.
 */
export function newestChecks(reports: readonly CheckReport[]): readonly CheckReport[] {
  const jobs = Map.groupBy(reports, ({ app, name }) => JSON.stringify([app, name]))
  return [...jobs.values()].flatMap((runs) => runs.toSorted((a, b) => (b.id ?? 0) - (a.id ?? 0)).slice(0, 1))
}
