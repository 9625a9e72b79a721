import type { SyncCounts, SyncReport } from '../core/sync/report.ts'

/** What Prometheus is told; names of objects are not in it, for there are too many. */
export type MetricFacts = {
  readonly version: string
  readonly lastReport?: SyncReport
  /** Seconds that syncs took, by trigger and result, since the start. */
  readonly durations: ReadonlyMap<string, { readonly count: number; readonly seconds: number }>
  readonly lastSuccess?: Date
  readonly requests: Readonly<Partial<Record<string, number>>>
  readonly gitFetches: number
  readonly gitFailures: number
  /** Undefined: there is no bot to be connected to. */
  readonly connected?: boolean
}

type Sample = readonly [labels: string, value: number]

/** Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function formatMetrics(facts: MetricFacts): string {
  const { lastReport, lastSuccess, connected } = facts
  const durations = [...facts.durations]
  return [
    ...metric(['agent_build_info', 'gauge', 'Which version runs.'], [[label({ version: facts.version }), 1]]),
    ...metric(
      ['agent_sync_duration_seconds', 'summary', 'How long syncs took.'],
      durations.flatMap(([labels, { count, seconds }]): readonly Sample[] => [
        [`_sum{${labels}}`, seconds],
        [`_count{${labels}}`, count],
      ]),
    ),
    ...metric(
      ['agent_sync_last_success_timestamp_seconds', 'gauge', 'When the cluster last looked like git.'],
      lastSuccess === undefined ? [] : [['', lastSuccess.getTime() / 1000]],
    ),
    ...metric(
      ['agent_objects', 'gauge', 'What the last sync found or did, by state.'],
      lastReport === undefined ? [] : objects(lastReport.counts),
    ),
    ...metric(
      ['agent_prune_blocked', 'gauge', 'Objects that git no longer names and that were left.'],
      lastReport === undefined ? [] : [['', lastReport.heldPrunes.length]],
    ),
    ...metric(
      ['agent_api_requests_total', 'counter', 'Requests to the API server.'],
      Object.entries(facts.requests).map(([verb, count = 0]): Sample => [label({ verb }), count]),
    ),
    ...metric(['agent_git_fetches_total', 'counter', 'Fetches from the repository.'], [['', facts.gitFetches]]),
    ...metric(
      ['agent_git_failures_total', 'counter', 'How often the repository could not be asked.'],
      [['', facts.gitFailures]],
    ),
    ...metric(
      ['agent_connection_up', 'gauge', 'Whether the bot is connected.'],
      connected === undefined ? [] : [['', connected ? 1 : 0]],
    ),
    '',
  ].join('\n')
}

/** The labels under which a sync's time is added up. */
export function syncLabels({ trigger, result }: Pick<SyncReport, 'trigger' | 'result'>): string {
  return `trigger="${trigger}",result="${result}"`
}

function objects({ applied, corrected, unchanged, waiting, skipped, failed }: SyncCounts): readonly Sample[] {
  return [
    [label({ state: 'in_sync' }), applied + corrected + unchanged],
    [label({ state: 'pending' }), waiting],
    [label({ state: 'ignored' }), skipped],
    [label({ state: 'failed' }), failed],
  ]
}

function metric([name, type, help]: readonly [string, string, string], samples: readonly Sample[]): readonly string[] {
  if (samples.length === 0) return []
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labels} ${value}`),
  ]
}

function label(labels: Readonly<Record<string, string>>): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}}`
}
