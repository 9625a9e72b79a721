import { escapeMarkdown } from '../markdown.ts'
import type { Explained } from './decide.ts'

const signs: Readonly<Record<Explained['holds'], string>> = { yes: '✅', no: '❌', waiting: '⏳' }

/** A list in Markdown, a line for each rule; what comes from outside is escaped, and cut where it is long. */
export function formatExplained(explained: readonly Explained[]): string {
  return explained.map(formatRule).join('\n')
}

function formatRule({ rule, holds, detail }: Explained): string {
  return `- ${signs[holds]} ${rule}${detail === '' ? '' : `: ${escapeMarkdown(shortened(detail))}`}`
}

const longest = 1000

/** A text that is too long for GitHub is refused as a whole, and the answer would be lost. */
function shortened(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
