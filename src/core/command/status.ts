import type { AgentState } from '../agent-protocol.ts'
import { bounded } from '../diff/bounded.ts'
import type { AgentFacts } from '../diff/decide.ts'
import { shownTime } from '../diff/verdict.ts'
import type { ClusterName, CommitSha } from '../ids.ts'
import { escapeMarkdown, inlineCode } from '../markdown.ts'
import { formatProblem } from '../parsed.ts'
import type { SyncCounts, SyncProblem, SyncReport } from '../sync/report.ts'

/** What is known of a cluster: `state` is what its agent said last, however long ago. */
export type ClusterStatus = {
  readonly cluster: ClusterName
  readonly agent: AgentFacts
  readonly state?: AgentState
}

/** A comment may ask five times, GitHub takes 65,536 characters, and the longest text of one cluster fits. */
const room = 11_000

export function formatStatus(clusters: readonly ClusterStatus[]): string {
  const texts = clusters.map(formatCluster)
  const shown = bounded(texts, { items: 50, room })
  const more = texts.length - shown.length
  return [...shown, ...(more === 0 ? [] : [`… and ${more} more; ask for one: \`/lotse status CLUSTER\``])].join('\n\n')
}

function formatCluster({ cluster, agent, state }: ClusterStatus): string {
  const lines = state === undefined ? [] : formatState(state)
  return [`**${cluster}**: ${formatAgent(agent)}`, ...(lines.length === 0 ? [] : ['', ...lines])].join('\n')
}

function formatAgent(agent: AgentFacts): string {
  switch (agent.kind) {
    case 'connected':
      return '🟢 its agent is connected'
    case 'offline':
      return agent.since === undefined
        ? '🔴 its agent has never connected'
        : `🔴 its agent is offline since ${shownTime(agent.since)}`
    case 'none':
      return '⚪ it has no agent'
  }
}

function formatState({ syncing, lastReport, lastFull }: AgentState): readonly string[] {
  return [
    ...(lastFull === undefined ? ['- no commit was applied in full yet'] : [`- looks like ${short(lastFull)}`]),
    ...(syncing === undefined ? [] : [`- syncs ${short(syncing)} now`]),
    ...(lastReport === undefined ? [] : formatReport(lastReport)),
  ]
}

const results: Readonly<Record<SyncReport['result'], string>> = {
  full: '✅ complete',
  partial: '⚠️ partial',
  failed: '❌ failed',
  suspended: '⏸️ suspended',
}

function formatReport(report: SyncReport): readonly string[] {
  const { commit, result, finishedAt, counts, problems, moreProblems, drift, heldPrunes } = report
  const counted = formatCounts(counts)
  return [
    `- last sync: ${results[result]}, of ${short(commit)} at ${shownTime(finishedAt)}${counted === '' ? '' : `: ${counted}`}`,
    ...some('problems', problems.map(formatSyncProblem), moreProblems),
    ...some('put back, though git had not changed', drift.map(formatDrift)),
    ...some(
      'not in git any more, and left',
      heldPrunes.map(({ object, because }) => `${inlineCode(cut(object))}: ${escapeMarkdown(cut(because))}`),
    ),
  ]
}

const countWords = ['applied', 'corrected', 'unchanged', 'pruned', 'waiting', 'skipped', 'failed'] as const

/** `3 applied, 20 unchanged`: what is none is left out. */
function formatCounts(counts: SyncCounts): string {
  return countWords
    .filter((word) => counts[word] > 0)
    .map((word) => `${counts[word]} ${word}`)
    .join(', ')
}

const mostItems = 5

function some(title: string, items: readonly string[], elsewhere = 0): readonly string[] {
  if (items.length === 0) return []
  const more = Math.max(items.length - mostItems, 0) + elsewhere
  return [
    `- ${title}:`,
    ...items.slice(0, mostItems).map((item) => `  - ${item}`),
    ...(more === 0 ? [] : [`  - … and ${more} more`]),
  ]
}

function formatSyncProblem({ object, turn: _turn, ...problem }: SyncProblem): string {
  const whose = object === undefined ? '' : `${inlineCode(cut(object))}: `
  return `${whose}${escapeMarkdown(cut(formatProblem(problem)))}`
}

function formatDrift({ object, managers }: SyncReport['drift'][number]): string {
  const by = managers.length === 0 ? '' : `, changed by ${escapeMarkdown(cut(managers.join(', ')))}`
  return `${inlineCode(cut(object))}${by}`
}

function short(commit: CommitSha): string {
  return `\`${commit.slice(0, 7)}\``
}

function cut(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
