import { boundedList } from '../diff/bounded.ts'
import { escapeMarkdown, inlineCode } from '../markdown.ts'
import { type ReleaseGroup, imagesOfGroup, wholeGroup } from '../release/group.ts'

/** A release that is wanted and stands in no pull request, and why. */
export type WaitingRelease = { readonly group: ReleaseGroup; readonly because: string }

/** A comment may ask five times, and the rules of a merge stand in it as well. */
const bounds = { items: 20, room: 3_000 }
const longest = { images: 3, because: 500 }

/** A list in Markdown; empty where nothing waits. */
export function formatWaiting(waiting: readonly WaitingRelease[]): string {
  if (waiting.length === 0) return ''
  return `Releases that wait:\n\n${boundedList(waiting.map(formatOne), bounds)}`
}

function formatOne({ group, because }: WaitingRelease): string {
  const says = because.length > longest.because ? `${because.slice(0, longest.because)}…` : because
  return `⏳ ${nameOf(group)} in ${inlineCode(group.cluster)}: ${escapeMarkdown(says)}`
}

function nameOf(group: ReleaseGroup): string {
  const images = imagesOfGroup(wholeGroup(group))
  const more = images.length - longest.images
  const shown = images.slice(0, longest.images).map(inlineCode).join(', ')
  const named = `${shown === '' ? inlineCode(group.branch) : shown}${more > 0 ? ` and ${more} more` : ''}`
  return group.of.kind === 'workload' ? `${named} for ${inlineCode(group.of.workload)}` : named
}
