import type { RE2JS } from 're2js'
import { type Parsed, parsed, refused } from '../parsed.ts'

/** A text, or the number of the group whose text stands there. */
export type ExtractTemplate = readonly (string | number)[]

/** Each may bring a whole tag. */
const mostReferences = 16
const reference = /\$(?:(\$)|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu

/**
 * `$1.$minor`, `${1}x`, as Go's `Regexp.Expand` reads it: a name is as long as can be, so `$1x` is the group `1x`; a
 * group that the pattern does not have is empty; `$$` is a dollar, and so is one that starts no name.
 */
export function parseExtractTemplate(text: string, pattern: RE2JS): Parsed<ExtractTemplate> {
  const pieces: (string | number)[] = []
  let at = 0
  for (const match of text.matchAll(reference)) {
    const [whole, dollar, bare, braced] = match
    pieces.push(text.slice(at, match.index), dollar ?? groupOf(bare ?? braced ?? '', pattern))
    at = match.index + whole.length
  }
  pieces.push(text.slice(at))
  return pieces.filter((piece) => typeof piece === 'number').length > mostReferences
    ? refused(`expected an extract of at most ${mostReferences} groups, got \`${text.slice(0, 120)}\``)
    : parsed(pieces.filter((piece) => piece !== ''))
}

function groupOf(name: string, pattern: RE2JS): number | '' {
  const number = /^(?:0|[1-9][0-9]{0,7})$/.test(name) ? Number(name) : groupNamed(name, pattern)
  return number === undefined || number > pattern.groupCount() ? '' : number
}

function groupNamed(name: string, pattern: RE2JS): number | undefined {
  return new Map(Object.entries(pattern.namedGroups())).get(name)
}

/** Undefined where the pattern is not in the text. */
export function extracted(template: ExtractTemplate, pattern: RE2JS, text: string): string | undefined {
  const matcher = pattern.matcher(text)
  if (!matcher.find()) return undefined
  return template.map((piece) => (typeof piece === 'string' ? piece : (matcher.group(piece) ?? ''))).join('')
}
