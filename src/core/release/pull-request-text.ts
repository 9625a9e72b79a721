import type { ReleaseRules } from '../config/configuration.ts'
import { withTag } from '../image/ref.ts'
import { versionStep } from '../image/version-step.ts'
import { inlineCode, plainLine } from '../markdown.ts'
import { type RefusedChange, type ReleaseGroup, explainRefusal, imagesOfGroup } from './group.ts'
import { code, imageText } from './image-text.ts'
import { formatReleaseMarker, markerOf } from './marker.ts'
import type { Change } from './plan.ts'
import { whenMerged } from './when-merged.ts'

export type PullRequestText = { readonly title: string; readonly body: string }

export type TextRules = {
  readonly release: ReleaseRules
  readonly commitPrefix: string
  /** `2026-11-23`: freezes that ended before are not told of. */
  readonly today: string
  /** Markdown. */
  readonly notes?: readonly string[]
}

/** What GitHub takes: titles of 256 characters, and bodies of 65,536, of which our marker has its share. */
const longestTitle = 250
const longestBody = 65_536
const most = { rows: 100, images: 20, refused: 10, notes: 20, commitLines: 100 }
const room = { rows: 14_000, images: 12_000, refused: 3_000, notes: 4_000 }

/** Title, and subject of the commit: `Auto-release eu.gcr.io/project/demo-service:1.2.1`. */
export function releaseTitle(group: ReleaseGroup, commitPrefix: string): string {
  const images = imagesOfGroup(group)
  const subject =
    images.length === 1 ? `Auto-release ${images.join()}` : `Auto-release multiple (${images.length}) images`
  const prefix = commitPrefix === '' ? '' : `${commitPrefix.trimEnd()} `
  const title = `${prefix}${subject}`
  return title.length > longestTitle ? `${title.slice(0, longestTitle)}…` : title
}

export function commitMessage(group: ReleaseGroup, commitPrefix: string): string {
  const images = imagesOfGroup(group)
  const lines = group.changes.map(({ use, from, to }) =>
    plainLine(`- ${use.workload} ${use.container}: ${from ?? '(no tag)'} -> ${to}`),
  )
  const list = images.length === 1 ? [] : [...atMost(images.map((image) => `- ${image}`)), '']
  return `${[releaseTitle(group, commitPrefix), '', ...list, ...atMost(lines)].join('\n')}\n`
}

/** For whoever reviews it: what changes, what that is, why, and what will happen with it. */
export function pullRequestText(group: ReleaseGroup, rules: TextRules): PullRequestText {
  const body = [
    opening(group),
    tableOf(group),
    ...imagesText(group),
    ...refusedText(group.refused ?? []),
    whenMerged(rules.release, rules.today),
    'To refuse this, close the pull request; newer tags ask again. To take over, push a commit: Lotse then keeps its hands off.',
    ...notesText(rules.notes ?? []),
    'Ask in a comment: `/lotse why` · `/lotse help`',
    formatReleaseMarker(markerOf(group)),
  ]
  return { title: releaseTitle(group, rules.commitPrefix), body: body.join('\n\n') }
}

/** What we write ends with our marker; what others have added behind it stays. */
export function withOthersText(ours: string, current: string): string {
  const [, behind = ''] = /<!-- lotse:release \{.*?\} -->([^]*)$/.exec(current) ?? []
  // What is too long is refused as a whole, and then nothing is edited any more.
  return `${ours}${behind}`.slice(0, longestBody).toWellFormed()
}

function opening(group: ReleaseGroup): string {
  const { cluster, of } = group
  const where = `in cluster ${inlineCode(cluster)}`
  const count = imagesOfGroup(group).length
  const images = `${count} new ${count === 1 ? 'tag' : 'tags'}`
  switch (of.kind) {
    case 'image':
      return `Releases ${code(of.image)} ${where}.`
    case 'workload':
      return `Releases ${images} for ${code(of.workload)} ${where}.`
    case 'all':
      return `Releases ${images} ${where}.`
  }
}

function tableOf({ changes }: ReleaseGroup): string {
  const isOfOneImage = new Set(changes.map(({ image }) => image)).size === 1
  const rows = changes.map((change) => row(change, isOfOneImage))
  const { shown, left } = fitting(rows, { most: most.rows, room: room.rows })
  const head = ['| workload | container | old → new | file |', '| --- | --- | --- | --- |']
  const more = left === 0 ? [] : ['', `… and ${left} more; the changed files show them all.`]
  return [...head, ...shown, ...more].join('\n')
}

function row({ use, file, from, to }: Change, isOfOneImage: boolean): string {
  const step = versionStep(from, to)
  const [before, after] = isOfOneImage ? [from, to] : [use.image.written, withTag(use.image, to)]
  const cells = [
    cell(use.workload),
    cell(use.container),
    `${before === undefined ? 'no tag' : cell(before)} → ${cell(after)}${step === undefined ? '' : ` (${step})`}`,
    cell(`${file}:${use.line}`),
  ]
  return `| ${cells.join(' | ')} |`
}

/** A bar ends the cell of a table even in code. */
function cell(text: string): string {
  return code(text).replaceAll('|', '\\|')
}

/** In the order of the list in the commit. */
function imagesText({ changes }: ReleaseGroup): readonly string[] {
  const images = [...Map.groupBy(changes, ({ image, to }) => `${image}:${to}`).values()]
  const texts = images
    .flatMap(([first, ...others]) =>
      first === undefined ? [] : [{ name: withTag(first.use.image, first.to), text: imageText([first, ...others]) }],
    )
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ text }) => text)
  const { shown, left } = fitting(texts, { most: most.images, room: room.images })
  return left === 0 ? shown : [...shown, `… and ${left} more images.`]
}

function refusedText(refused: readonly RefusedChange[]): readonly string[] {
  if (refused.length === 0) return []
  const lines = refused.map(
    ({ change: { use, to }, refusal }) =>
      `- ${code(use.workload)} ${code(use.container)} → ${code(to)}: ${explainRefusal(refusal)}`,
  )
  const { shown, left } = fitting(lines, { most: most.refused, room: room.refused })
  return [
    ['Left out, because somebody said no:', '', ...shown, ...(left === 0 ? [] : [`- … and ${left} more`])].join('\n'),
  ]
}

function notesText(notes: readonly string[]): readonly string[] {
  const { shown, left } = fitting(notes, { most: most.notes, room: room.notes })
  return [...shown, ...(left === 0 ? [] : [`… and ${left} more`])].map((note) => `> ${note}`)
}

/** As many texts as there is room for, from the first. */
function fitting(
  texts: readonly string[],
  limits: { readonly most: number; readonly room: number },
): { readonly shown: readonly string[]; readonly left: number } {
  let used = 0
  const end = texts.findIndex((text, index) => index === limits.most || (used += text.length + 2) > limits.room)
  const shown = end < 0 ? texts : texts.slice(0, end)
  return { shown, left: texts.length - shown.length }
}

function atMost(lines: readonly string[]): readonly string[] {
  const left = lines.length - most.commitLines
  return left > 0 ? [...lines.slice(0, most.commitLines), `… and ${left} more`] : lines
}
