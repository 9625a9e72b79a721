import type { Jobs } from '../runtime/jobs.ts'

type Pending = Awaited<ReturnType<Jobs['pending']>>

/** Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function formatMetrics(pending: Pending, agents: number): string {
  const groups = Map.groupBy(pending, ({ journey, state }) => `journey="${journey}",state="${state}"`)
  const samples = [...groups].map(([labels, jobs]) => `lotse_jobs{${labels}} ${jobs.length}`)
  return [
    '# HELP lotse_jobs Jobs that wait, are to be tried again, or run.',
    '# TYPE lotse_jobs gauge',
    ...samples.toSorted(),
    '# HELP lotse_agents_connected Agents that are connected to this process.',
    '# TYPE lotse_agents_connected gauge',
    `lotse_agents_connected ${agents}`,
    '',
  ].join('\n')
}
