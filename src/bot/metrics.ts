import type { Jobs } from '../runtime/jobs.ts'

type Pending = Awaited<ReturnType<Jobs['pending']>>

/** Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function formatMetrics(pending: Pending, agents: number, pullsLeft: ReadonlyMap<string, number>): string {
  const groups = Map.groupBy(pending, ({ journey, state }) => `journey="${journey}",state="${state}"`)
  const samples = [...groups].map(([labels, jobs]) => `lotse_jobs{${labels}} ${jobs.length}`)
  return [
    '# HELP lotse_jobs Jobs that wait, are to be tried again, or run.',
    '# TYPE lotse_jobs gauge',
    ...samples.toSorted(),
    '# HELP lotse_agents_connected Agents that are connected to this process.',
    '# TYPE lotse_agents_connected gauge',
    `lotse_agents_connected ${agents}`,
    ...formatPullsLeft(pullsLeft),
    '',
  ].join('\n')
}

/** A number that nobody told us is no sample: 0 would wake somebody. */
function formatPullsLeft(pullsLeft: ReadonlyMap<string, number>): readonly string[] {
  if (pullsLeft.size === 0) return []
  return [
    '# HELP lotse_registry_pulls_left Pulls that a registry still grants, as it said last.',
    '# TYPE lotse_registry_pulls_left gauge',
    ...[...pullsLeft].map(([registry, left]) => `lotse_registry_pulls_left{registry="${registry}"} ${left}`).toSorted(),
  ]
}
