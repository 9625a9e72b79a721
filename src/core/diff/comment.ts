import type { CommitSha } from '../ids.ts'
import { diffCheckName } from './check-name.ts'
import { formatDiffMarker } from './marker.ts'
import type { ClusterOutcome } from './outcome.ts'
import { formatDangers, formatSection } from './section.ts'
import { isQuiet, verdictOf } from './verdict.ts'

export type DiffComment = {
  readonly head: CommitSha
  /** Those that the pull request touches, in the order of the configuration. */
  readonly clusters: readonly ClusterOutcome[]
}

/** GitHub takes 65,536 characters. */
export const longestComment = 60_000

/** Of these the verdicts alone fill a comment. */
const mostClusters = 100

/**
 * The one comment on a pull request, edited in place: the same facts give the same text, so that one that would say the
 * same is not edited. It says so when nothing changes any more, for `isWorthAComment` is asked before there is one.
 */
export function formatDiffComment({ head, clusters }: DiffComment): string {
  const shown = clusters.slice(0, mostClusters)
  const more =
    clusters.length > shown.length
      ? [`… and ${clusters.length - shown.length} more clusters, each with its check.`]
      : []
  const opening = [
    formatDiffMarker(head),
    `### What \`${head.slice(0, 7)}\` changes in the clusters`,
    ...dangers(shown),
  ]
  const body =
    shown.length === 0 ? ['Nothing: no cluster is touched.'] : formatClusters(shown, room([...opening, ...more], shown))
  return `${[...opening, ...body, ...more].join('\n\n')}\n`
}

/** Quiet: what changes nothing, or is not known yet, starts no comment. The checks say it all the same. */
export function isWorthAComment(clusters: readonly ClusterOutcome[]): boolean {
  return clusters.some(({ outcome }) => {
    switch (outcome.kind) {
      case 'told':
        return !isQuiet(outcome.diff)
      case 'offline':
      case 'failed':
        return true
      case 'pending':
      case 'withheld':
      case 'untouched':
        return false
    }
  })
}

/** On top, because they are why somebody should read on. */
function dangers(clusters: readonly ClusterOutcome[]): readonly string[] {
  const found = clusters.flatMap(({ cluster, outcome }) =>
    outcome.kind === 'told' ? outcome.diff.dangers.map((danger) => ({ ...danger, where: cluster })) : [],
  )
  return found.length === 0 ? [] : [`> [!WARNING]\n${quoted(formatDangers(found))}`]
}

function quoted(text: string): string {
  return text.replace(/^/gm, '> ')
}

function heading({ cluster, outcome }: ClusterOutcome): string {
  return `#### ${cluster}: ${verdictOf(outcome)}`
}

/** What the headings leave; each cluster gets its share, and what one does not need the others have. */
function room(opening: readonly string[], clusters: readonly ClusterOutcome[]): number {
  const fixed = [...opening, ...clusters.map(heading)]
  return longestComment - fixed.reduce((sum, text) => sum + text.length + 4, 0)
}

function formatClusters(clusters: readonly ClusterOutcome[], room: number): readonly string[] {
  let left = room
  return clusters.flatMap((cluster, index) => {
    const share = Math.floor(left / (clusters.length - index))
    const rest = `the check \`${diffCheckName(cluster.cluster)}\``
    const section = formatSection(cluster.outcome, { room: share, rest })
    left -= section.length + 2
    return section === '' ? [heading(cluster)] : [heading(cluster), section]
  })
}
