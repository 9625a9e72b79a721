import type { AgentState, Trouble } from '../agent-protocol.ts'
import { bounded } from '../diff/bounded.ts'
import type { AgentFacts } from '../diff/decide.ts'
import { shownTime } from '../diff/verdict.ts'
import type { BranchName, ClusterName, CommitSha } from '../ids.ts'
import { escapeMarkdown, inlineCode } from '../markdown.ts'
import { type Problem, formatProblem } from '../parsed.ts'
import type { SyncCounts, SyncProblem, SyncReport } from '../sync/report.ts'

/** What is known of a cluster: `state` is what its agent said last, however long ago. */
export type ClusterStatus = {
  readonly cluster: ClusterName
  readonly agent: AgentFacts
  readonly state?: AgentState
  /** The newest sync that was complete, by what is kept of its syncs: an agent that was started anew may not know it. */
  readonly keptFull?: CommitSha
  /** Where the default branch is now. */
  readonly tip?: Tip
}

export type Tip = { readonly branch: BranchName; readonly head: CommitSha }

/** A comment may ask five times, GitHub takes 65,536 characters, and the longest text of one cluster fits. */
const room = 11_000

/** `broken`: why the configuration of the default branch cannot be read. */
export function formatStatus(clusters: readonly ClusterStatus[], broken?: Problem): string {
  const texts = clusters.map(formatCluster)
  const shown = bounded(texts, { items: 50, room })
  const more = texts.length - shown.length
  return [
    ...(broken === undefined ? [] : [formatBroken(broken)]),
    ...shown,
    ...(more === 0 ? [] : [`… and ${more} more; ask for one: \`/lotse status CLUSTER\``]),
  ].join('\n\n')
}

function formatBroken(problem: Problem): string {
  const rest = 'Until it can, nothing is released or merged, and agents are known by the configuration before it.'
  return `❌ The configuration cannot be read: ${formatCut(problem)}. ${rest}`
}

function formatCluster(status: ClusterStatus): string {
  const { cluster, agent, state } = status
  const lines = state === undefined ? [] : formatState(state, status)
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

function formatState(state: AgentState, { cluster, keptFull, tip }: ClusterStatus): readonly string[] {
  const { syncing, lastReport, lastFull = keptFull, trouble } = state
  return [
    ...(trouble === undefined ? [] : [formatTrouble(trouble)]),
    // An agent that follows another branch is not behind this one.
    ...(tip === undefined || (state.branch ?? tip.branch) !== tip.branch || tip.head === lastFull
      ? []
      : [`- ⏳ ${inlineCode(tip.branch)} is at ${short(tip.head)}, ${cluster} is not there yet`]),
    lastFull === undefined
      ? '- no commit is known to have been applied in full'
      : `- last complete: ${short(lastFull)}`,
    ...(syncing === undefined ? [] : [`- syncs ${short(syncing)} now`]),
    ...(lastReport === undefined ? [] : formatReport(lastReport)),
  ]
}

function formatTrouble({ since, says, help }: Trouble): string {
  const said = formatCut({ message: says, ...(help === undefined ? {} : { help }) })
  return `- ❌ since ${shownTime(since)}: ${said}`
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
  return `${whose}${formatCut(problem)}`
}

/** The help says what to do, so it is the message that is shortened. */
function formatCut({ message, help, ...problem }: Problem): string {
  const kept = help === undefined ? undefined : cut(help)
  const shortened = cut(message, longest - (kept?.length ?? 0) / 2)
  return escapeMarkdown(
    formatProblem({ ...problem, message: shortened, ...(kept === undefined ? {} : { help: kept }) }),
  )
}

function formatDrift({ object, managers }: SyncReport['drift'][number]): string {
  const by = managers.length === 0 ? '' : `, changed by ${escapeMarkdown(cut(managers.join(', ')))}`
  return `${inlineCode(cut(object))}${by}`
}

function short(commit: CommitSha): string {
  return `\`${commit.slice(0, 7)}\``
}

const longest = 200

function cut(text: string, most = longest): string {
  return text.length > most ? `${text.slice(0, most)}…` : text
}
