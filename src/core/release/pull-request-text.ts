import type { MergeRule } from '../config/configuration.ts'
import { versionStep } from '../image/version-step.ts'
import { inlineCode, inlineCodeCell, plainLine } from '../markdown.ts'
import { type ReleaseGroup, tagsOfGroup } from './group.ts'
import { formatReleaseMarker, markerOf } from './marker.ts'
import type { Change } from './plan.ts'

export type PullRequestText = { readonly title: string; readonly body: string }

/** Title, and subject of the commit: `Auto-release eu.gcr.io/project/demo-service:1.2.1`. */
export function releaseTitle(group: ReleaseGroup): string {
  const images = tagsOfGroup(group).map((tag) => `${group.image}:${tag}`)
  const title =
    images.length === 1 ? `Auto-release ${images.join()}` : `Auto-release multiple (${images.length}) images`
  return title.length > longestTitle ? `${title.slice(0, longestTitle)}…` : title
}

export function commitMessage(group: ReleaseGroup): string {
  const lines = shown(group).map(({ use, from, to }) =>
    plainLine(`- ${use.workload} ${use.container}: ${from ?? '(no tag)'} -> ${to}`),
  )
  return `${[releaseTitle(group), '', ...lines, ...rest(group)].join('\n')}\n`
}

export function pullRequestText(group: ReleaseGroup, merge: MergeRule): PullRequestText {
  const body = [
    `Releases ${inlineCode(group.image)} in cluster ${inlineCode(group.cluster)}.`,
    '',
    '| workload | container | from | to | policy | file |',
    '| --- | --- | --- | --- | --- | --- |',
    ...shown(group).map(row),
    ...rest(group),
    '',
    mergeSentence[merge],
    'To refuse this tag, close the pull request. To take over, push a commit: Lotse then keeps its hands off.',
    '',
    'Ask in a comment: `/lotse why` · `/lotse help`',
    '',
    formatReleaseMarker(markerOf(group)),
  ]
  return { title: releaseTitle(group), body: body.join('\n') }
}

/** What GitHub takes: titles of 256 characters, bodies of 65,536. */
const longestTitle = 250
const mostRows = 100

function shown({ changes }: ReleaseGroup): readonly Change[] {
  return changes.slice(0, mostRows)
}

function rest({ changes }: ReleaseGroup): readonly string[] {
  return changes.length > mostRows
    ? ['', `… and ${changes.length - mostRows} more; the changed files show them all.`]
    : []
}

/** What we write ends with our marker; what others have added behind it stays. */
export function withOthersText(ours: string, current: string): string {
  const [, behind = ''] = /<!-- lotse:release \{.*?\} -->([^]*)$/.exec(current) ?? []
  return `${ours}${behind}`
}

const mergeSentence: Record<MergeRule, string> = {
  auto: 'Merges by itself once every rule holds; the check `lotse/policy` shows which do not yet.',
  manual: 'A person merges this: `release.merge` is `manual` for this cluster.',
  commit:
    'Merges by itself once every rule holds: since it was opened, `release.merge` became `commit` for this cluster.',
}

function row({ use, file, from, to }: Change): string {
  const step = versionStep(from, to)
  const cells = [
    inlineCodeCell(use.workload),
    inlineCodeCell(use.container),
    from === undefined ? '' : inlineCodeCell(from),
    `${inlineCodeCell(to)}${step === undefined ? '' : ` (${step})`}`,
    inlineCodeCell(use.automation.policy ?? 'glob:*'),
    inlineCodeCell(`${file}:${use.line}`),
  ]
  return `| ${cells.join(' | ')} |`
}
