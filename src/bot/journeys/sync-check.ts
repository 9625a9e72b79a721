import { createHash } from 'node:crypto'
import { bounded } from '../../core/diff/bounded.ts'
import { type ClusterName, type CommitSha, parseCommitSha, parseFilePath } from '../../core/ids.ts'
import { escapeMarkdown, inlineCode, plainLine } from '../../core/markdown.ts'
import { formatProblem } from '../../core/parsed.ts'
import type { SyncProblem, SyncReport } from '../../core/sync/report.ts'
import type { Check, CheckAnnotation } from '../../io/github/checks.ts'
import type { DeploymentState } from '../../io/github/deployments.ts'

/** `lotse/sync (production)`: the check run on a commit of the default branch. */
export function syncCheckName(cluster: ClusterName): string {
  return `lotse/sync (${cluster})`
}

/** Where the tag stands, there the cluster looked like the commit when it was last told of in full. */
export function syncTag(cluster: ClusterName): string {
  return `lotse-sync/${cluster}`
}

/** How a sync stands, in the words of a deployment. `in_progress`: what is missing passes by itself. */
export function deploymentState(report: SyncReport): DeploymentState {
  const { result, problems, moreProblems, counts } = report
  // Whether there is a newer commit is nothing against this one.
  if (isOnlyBlind(report)) return 'success'
  switch (result) {
    case 'full':
      return 'success'
    case 'suspended':
      return 'queued'
    case 'partial':
    case 'failed': {
      const passes = problems.every(({ turn }) => turn === 'time')
      const known = moreProblems === 0 && (problems.length > 0 || counts.waiting > 0)
      return passes && known ? 'in_progress' : 'failure'
    }
  }
}

/** The cluster looks like the commit, and nobody knows whether that is the newest: the agent's state and `/status` say so. */
function isOnlyBlind({ result, problems, moreProblems, counts }: SyncReport): boolean {
  const blind = problems.length > 0 && problems.every(({ about }) => about === 'git')
  return result === 'partial' && blind && moreProblems === 0 && counts.waiting === 0
}

/** In a few words, plain text. */
export function deploymentDescription(report: SyncReport): string {
  const problem = isOnlyBlind(report) ? undefined : report.problems[0]
  if (report.result === 'suspended') return 'suspended by a person'
  if (problem !== undefined) return plainLine(formatSyncProblem(problem))
  return deploymentState(report) === 'success' ? 'the cluster looks like the commit' : 'not everything could be applied'
}

/**
 * The same report, told again by a timer, has the same digest: when it ran and what it found unchanged say nothing new.
 * Nor do the numbers in a sentence, as the port of a connection that failed: a commit that is tried every minute would
 * get a new check every minute.
 */
export function reportDigest({ commit, result, problems, moreProblems, heldPrunes }: SyncReport): string {
  const said = problems.map(({ message, help, ...problem }) => [problem, withoutNumbers(message), withoutNumbers(help)])
  const held = heldPrunes.map(({ object, because }) => [object, withoutNumbers(because)])
  const told = JSON.stringify([commit, result, said, moreProblems, held])
  return createHash('sha256').update(told).digest('hex')
}

function withoutNumbers(text = ''): string {
  return text.replaceAll(/\d+/g, '0')
}

const conclusions = {
  success: 'success',
  failure: 'failure',
  queued: 'neutral',
  in_progress: undefined,
} as const satisfies Partial<Record<DeploymentState, Check['conclusion']>>

const titles: Readonly<Record<SyncReport['result'], string>> = {
  full: 'The cluster looks like this commit',
  partial: 'Not everything of this commit is in the cluster',
  failed: 'This commit could not be applied',
  suspended: 'Suspended: nothing is applied until a person resumes it',
}

export function syncCheck(report: SyncReport): Check {
  const state = deploymentState(report)
  const annotations = report.problems.flatMap(annotationOf)
  return {
    conclusion: state === 'success' || state === 'queued' || state === 'in_progress' ? conclusions[state] : 'failure',
    title: titles[isOnlyBlind(report) ? 'full' : report.result],
    summary: summaryOf(report),
    ...(annotations.length === 0 ? {} : { annotations }),
  }
}

const longestText = 500

/** GitHub takes 65,535 characters of both. What is escaped can be twice as long. */
const room = { problems: 40_000, held: 20_000 }

function summaryOf({ problems, moreProblems, heldPrunes }: SyncReport): string {
  const problemLines = listed(problems.map(formatListed), { room: room.problems, elsewhere: moreProblems })
  const held = heldPrunes.map(({ object, because }) => withObject(object, because))
  const heldLines = listed(held, { room: room.held })
  return [
    ...(problemLines.length === 0 ? [] : ['What could not be done:', '', ...problemLines, '']),
    ...(heldLines.length === 0 ? [] : ['Not in git any more, and left in the cluster:', '', ...heldLines, '']),
    ...(problemLines.length + heldLines.length === 0 ? ['Everything that git names is there.', ''] : []),
  ].join('\n')
}

type Listing = { readonly items?: number; readonly room: number; readonly elsewhere?: number }

/** As many as there is room for, and how many there are beside them. */
function listed(items: readonly string[], { items: most = items.length, room, elsewhere = 0 }: Listing): string[] {
  const shown = bounded(
    items.map((item) => `- ${item}`),
    { items: most, room },
  )
  const others = items.length - shown.length + elsewhere
  return others === 0 ? [...shown] : [...shown, `- … and ${others} more`]
}

function formatListed(problem: SyncProblem): string {
  return withObject(problem.object, formatProblem(problem))
}

function withObject(object: string | undefined, text: string): string {
  const said = escapeMarkdown(cut(text))
  return object === undefined ? said : `${inlineCode(cut(object))}: ${said}`
}

function formatSyncProblem({ object, ...problem }: SyncProblem): string {
  return object === undefined ? formatProblem(problem) : `${object}: ${formatProblem(problem)}`
}

/** Only what has a place in a file of the commit; the others stand in the summary. */
function annotationOf({ at, message, help, object, turn }: SyncProblem): readonly CheckAnnotation[] {
  const path = at?.file === undefined ? undefined : parseFilePath(at.file)
  if (at === undefined || path?.ok !== true || at.line < 1) return []
  const level = turn === 'time' ? 'warning' : 'failure'
  const text = cut(help === undefined ? message : `${message} (${help})`)
  return [
    {
      path: path.value,
      line: at.line,
      level,
      message: text,
      ...(object === undefined ? {} : { title: cut(object, 200) }),
    },
  ]
}

function cut(text: string, most = longestText): string {
  // Well-formed: half a surrogate pair is no text that GitHub takes.
  return text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text
}

const marker = /^<!-- lotse:sync-failed cluster=([a-z0-9-]{1,63}) commit=([0-9a-f]{40,64}) -->(?:\r?\n|$)/

export type FailureMark = { readonly cluster: string; readonly commit: CommitSha }

/** The first line of the comment that tells a pull request that what it brought could not be applied. */
export function formatFailureMarker({ cluster, commit }: FailureMark): string {
  return `<!-- lotse:sync-failed cluster=${cluster} commit=${commit} -->`
}

export function parseFailureMarker(body: string): FailureMark | undefined {
  const [, cluster = '', text = ''] = marker.exec(body) ?? []
  const commit = parseCommitSha(text)
  return commit.ok ? { cluster, commit: commit.value } : undefined
}

const mostTold = 5

export function failureComment(cluster: ClusterName, report: SyncReport): string {
  const { commit, problems, moreProblems } = report
  const told = { items: mostTold, room: room.problems, elsewhere: moreProblems }
  return [
    formatFailureMarker({ cluster, commit }),
    `❌ Merged as \`${commit.slice(0, 7)}\`, but \`${cluster}\` could not be made to look like it.`,
    '',
    ...listed(problems.map(formatListed), told),
    '',
    `All of it: the check \`${syncCheckName(cluster)}\` on the commit. How it stands now: \`/lotse status ${cluster}\``,
    '',
  ].join('\n')
}
