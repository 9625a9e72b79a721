import { type SyncOutcome, assembleReport } from '../../core/sync/outcome.ts'
import type { SyncProblem, SyncReport } from '../../core/sync/report.ts'
import type { Deps } from '../deps.ts'
import { syncLabels } from '../metrics.ts'
import type { Run } from './run.ts'

export function reportOf(deps: Deps, run: Run): SyncReport {
  return assembleReport(outcomeOf(deps, run))
}

/** Nothing could be told or done: the API server does not answer, the settings are wrong, or we have a bug. */
export function reportStop(deps: Deps, run: Run, problem: SyncProblem): void {
  const outcome = outcomeOf(deps, run)
  tell(deps, assembleReport({ ...outcome, problems: [...outcome.problems, problem], stopped: { kind: 'failed' } }))
}

function outcomeOf(
  { now }: Deps,
  { turn, commit, startedAt, outcomes, problems, unread, pruned, held }: Run,
): SyncOutcome {
  return {
    commit,
    trigger: turn.trigger,
    startedAt: startedAt.toISOString(),
    finishedAt: now().toISOString(),
    outcomes: [...outcomes.values()],
    problems,
    unread,
    pruned: pruned.length,
    held,
  }
}

/** Says how the sync ended: to the bot, to the log, and to whoever asks later. */
export function tell({ memory, say, log }: Deps, report: SyncReport): void {
  const before = memory.lastReport
  memory.lastReport = report
  memory.looked = report.result !== 'failed'
  if (report.result === 'full') {
    memory.lastFull = report.commit
    memory.lastFullAt = new Date(report.finishedAt)
  }
  addDuration(memory.durations, report)
  const { commit, trigger, result, counts, problems, drift, heldPrunes } = report
  const level = result === 'failed' ? 'error' : isNews(report, before) ? 'info' : 'debug'
  log[level]({ commit, trigger, result, ...counts, problems, drift, heldPrunes }, 'sync ended')
  say({ kind: 'synced', report })
}

/** The timer rings day and night, and mostly nothing has happened. */
function isNews({ trigger, commit, result, counts }: SyncReport, before: SyncReport | undefined): boolean {
  const { applied, corrected, pruned } = counts
  return (
    trigger !== 'timer' || commit !== before?.commit || result !== before.result || applied + corrected + pruned > 0
  )
}

function addDuration(durations: Deps['memory']['durations'], report: SyncReport): void {
  const labels = syncLabels(report)
  const { count, seconds } = durations.get(labels) ?? { count: 0, seconds: 0 }
  const took = (Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000
  durations.set(labels, { count: count + 1, seconds: seconds + took })
}
