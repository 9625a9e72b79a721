import { escapeMarkdown, fence, inlineCodeCell, plainLine } from '../markdown.ts'
import { formatProblem } from '../parsed.ts'
import { bounded, boundedList, fill, separator } from './bounded.ts'
import type { Danger, DiffProblem, LiveDiff, ObjectChange } from './live-diff.ts'
import type { DiffOutcome } from './outcome.ts'
import { counted } from './verdict.ts'

export type SectionBounds = {
  /** Characters, all in all. */
  readonly room: number
  /** Where to see what does not fit: `the check …`. */
  readonly rest: string
}

/** What is told of one cluster, in Markdown, whole diffs as long as there is room. Empty: its verdict says it all. */
export function formatSection(outcome: DiffOutcome, bounds: SectionBounds): string {
  switch (outcome.kind) {
    case 'told': {
      const text = formatDiff(outcome.diff, bounds)
      return text.length <= bounds.room
        ? text
        : `For want of room see ${bounds.rest}.`.slice(0, Math.max(bounds.room, 0))
    }
    case 'failed':
      // Well-formed: half a surrogate pair is no text that GitHub takes.
      return escapeMarkdown(shortened(outcome.because)).slice(0, Math.max(bounds.room, 0)).toWellFormed()
    case 'offline':
      return 'It is asked as soon as it is back.'
    case 'pending':
    case 'withheld':
    case 'untouched':
      return ''
  }
}

/** Problems and tables have their shares of the room, and the diffs what is left of it, those of drift last. */
function formatDiff(diff: LiveDiff, { room, rest }: SectionBounds): string {
  const share = Math.floor(room / 5)
  const problems = formatProblems(diff.problems, share)
  const changes = formatTable(diff.changes, share)
  const [driftOpening, driftClosing] = formatDriftFold(diff.drift, share)
  const diffs = { changes: diff.changes.flatMap(details), drift: diff.drift.flatMap(details) }
  const count = diffs.changes.length + diffs.drift.length
  const left = room - lengthOf([...problems, ...changes, ...driftOpening, ...driftClosing, notShown(count, rest)])
  const shownChanges = fill(diffs.changes, left)
  const shownDrift = fill(diffs.drift, left - lengthOf(shownChanges))
  const missing = count - shownChanges.length - shownDrift.length
  return [
    ...problems,
    ...changes,
    ...shownChanges,
    ...driftOpening,
    ...shownDrift,
    ...driftClosing,
    ...(missing === 0 ? [] : [notShown(missing, rest)]),
  ].join(separator)
}

/** Beginning and end of a fold around what the pull request did not cause. */
function formatDriftFold(
  drift: readonly ObjectChange[],
  room: number,
): readonly [readonly string[], readonly string[]] {
  if (drift.length === 0) return [[], []]
  const summary = `${counted(drift.length, 'object')} drifted before, not by this pull request; the next sync puts back what git says`
  return [[`<details><summary>${summary}</summary>`, table(drift, room)], ['</details>']]
}

function notShown(count: number, rest: string): string {
  return `For want of room ${counted(count, 'diff')} ${count === 1 ? 'is' : 'are'} not shown here; see ${rest}.`
}

function formatProblems(problems: readonly DiffProblem[], room: number): readonly string[] {
  return problems.length === 0 ? [] : [boundedList(problems.map(formatDiffProblem), { items: 20, room })]
}

function formatTable(changes: readonly ObjectChange[], room: number): readonly string[] {
  return changes.length === 0 ? [] : [table(changes, room)]
}

function lengthOf(blocks: readonly string[]): number {
  return blocks.reduce((sum, text) => sum + text.length + separator.length, 0)
}

const mostRows = 200

function table(changes: readonly ObjectChange[], room: number): string {
  const rows = bounded(changes.slice(0, mostRows).map(row), { items: mostRows, room })
  const more = rows.length < changes.length ? [`| … and ${changes.length - rows.length} more | | |`] : []
  return ['| object | action | file |', '| --- | --- | --- |', ...rows, ...more].join('\n')
}

function row({ object, action, stays, file, line }: ObjectChange): string {
  const does = stays === undefined ? actions[action] : `stays: ${escapeMarkdown(stays)}`
  return `| ${inlineCodeCell(object)} | ${does} | ${place(file, line)} |`
}

const actions: Readonly<Record<ObjectChange['action'], string>> = {
  create: 'create',
  change: 'change',
  delete: '**delete**',
  'take-over': 'take over what is there already',
}

function place(file: string | undefined, line: number | undefined): string {
  if (file === undefined) return ''
  return inlineCodeCell(line === undefined ? file : `${file}:${line}`)
}

function details({ object, action, stays, lines, cut }: ObjectChange): readonly string[] {
  if (lines.length === 0) return []
  const does = stays === undefined ? action : 'leave, though git no longer names it:'
  const summary = `<details><summary>${does} ${htmlText(object)}</summary>`
  const note = cut ? ['It is too long to be shown as a whole.'] : []
  return [[summary, fence(lines.join('\n'), 'diff'), ...note, '</details>'].join(separator)]
}

/** Within a block of HTML a backslash is a backslash, and no Markdown is read. */
function htmlText(text: string): string {
  return plainLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** What deserves a second look, for the top. */
export function formatDangers(dangers: readonly (Danger & { readonly where?: string })[]): string {
  const items = dangers.map(
    ({ where, object, says }) =>
      `${where === undefined ? '' : `${where}: `}**${escapeMarkdown(object)}** ${escapeMarkdown(says)}`,
  )
  return boundedList(items, { items: 20, room: 10_000 })
}

function formatDiffProblem({ object, ...problem }: DiffProblem): string {
  const whose = object === undefined ? '' : `**${escapeMarkdown(object)}** `
  return `❌ ${whose}${escapeMarkdown(shortened(formatProblem(problem)))}`
}

function shortened(text: string): string {
  return text.length > 1000 ? `${text.slice(0, 1000)}…` : text
}
