/*
 * Untrusted text on its way into Markdown: everything that stands in a manifest or a tag, or that a person wrote, goes
 * through one of these. None of it becomes a link, an image, HTML, a mention or one of our markers.
 */

/** Control characters but tab and line feed, what reorders text, and what takes no room: it hides something or is noise. */
const invisible =
  // oxlint-disable-next-line no-control-regex -- control characters are what is dropped
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]/gu

/** Ends a word for GitHub, and cannot be seen. A backslash is not enough: mentions are looked for in the finished HTML. */
const zeroWidthSpace = '\u200b'

const references = /@|#|\bGH-(?=\d)|\bwww(?=\.)|:(?=\/\/)/gi

/** Text within a sentence, a list item or a cell of a table: on one line, where every character stands for itself. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replace(references, `$&${zeroWidthSpace}`)
    .replace(/[\\`*_~[\]<>&|$]/g, '\\$&')
    .replace(/^(\d*)(?=[-+=:.)])/, '$1\\')
}

/** A line of a commit message, where GitHub sees mentions, issues to close and `[skip ci]`, but no Markdown. */
export function plainLine(text: string): string {
  return oneLine(text).replace(references, `$&${zeroWidthSpace}`).replaceAll('[', `[${zeroWidthSpace}`)
}

/** Text as code within a sentence. */
export function inlineCode(text: string): string {
  const code = oneLine(text)
  if (code === '') return '` `'
  const ticks = '`'.repeat(longestRun(code) + 1)
  const padding = code.startsWith('`') || code.endsWith('`') ? ' ' : ''
  return `${ticks}${padding}${code}${padding}${ticks}`
}

/** Text as code within a cell of a table, where a bar ends the cell even in code. */
export function inlineCodeCell(text: string): string {
  return inlineCode(text).replaceAll('|', '\\|')
}

/** Lines of text as a block of code; `language` colours it. */
export function fence(text: string, language: 'diff' | 'yaml' | '' = ''): string {
  const code = visible(text)
  const ticks = '`'.repeat(Math.max(3, longestRun(code) + 1))
  return `${ticks}${language}\n${code}${code.endsWith('\n') ? '' : '\n'}${ticks}`
}

function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, ' ').trim()
}

/** Our markers are looked for in the source, so no code block may hold the beginning of one either. */
function visible(text: string): string {
  return text.toWellFormed().replace(/\r\n?/g, '\n').replace(invisible, '').replaceAll('<!--', `<${zeroWidthSpace}!--`)
}

function longestRun(code: string): number {
  return (code.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0)
}
