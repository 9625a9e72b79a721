import micromatch from 'micromatch'
import { type FilePath, parseFilePath } from '../ids.ts'
import { type Parsed, parsed, refused } from '../parsed.ts'

declare const brand: unique symbol
/** Which files, from the root of the repository: `clusters/production/legacy/**`. */
export type PathPattern = string & { readonly [brand]: 'PathPattern' }

const longestPattern = 128
const mostWildcards = 3
/** The matcher may try each wildcard at each place, so what it is given has to be short. */
const longestPath = 255
const special = /["()[\]{}!|\\\n]/

export function parsePathPattern(text: string): Parsed<PathPattern> {
  if (text.length > longestPattern) {
    return refused(`expected a pattern of at most ${longestPattern} characters, got ${text.length}`)
  }
  const wildcards = text.match(/\*+|\?/g)?.length ?? 0
  if (wildcards > mostWildcards) {
    return refused({
      message: `expected a pattern with at most ${mostWildcards} wildcards, got ${wildcards}`,
      help: 'write several patterns',
    })
  }
  const found = special.exec(text)?.[0]
  if (found !== undefined) {
    return refused({
      message: `expected a pattern of names, \`*\`, \`**\` and \`?\`, got \`${found === '\n' ? '\\n' : found}\` in it`,
      help: 'write several patterns instead of choices in one',
    })
  }
  if (!parseFilePath(text).ok || /^\s|\s$/.test(text)) return refused(notFromTheRoot(text))
  return parsed(text as PathPattern)
}

function notFromTheRoot(text: string) {
  const folder = text
    .replace(/^(?:\.?\/)+/, '')
    .replace(/\/+$/, '')
    .trim()
  const meant = text.endsWith('/') ? `${folder}/**` : folder
  return {
    message: `expected a path from the root of the repository, got \`${text}\``,
    help: parseFilePath(meant).ok ? `write \`${meant}\`` : 'all files are `**`',
  }
}

/** A path of more than 255 characters fits no pattern. */
export function matchesPath(pattern: PathPattern, file: FilePath): boolean {
  return file.length <= longestPath && expressionOf(pattern).test(file)
}

/** Each pattern is asked about every file of a repository, and translating it costs more than asking. */
const expressions = new Map<PathPattern, RegExp>()
const mostExpressions = 1000

function expressionOf(pattern: PathPattern): RegExp {
  const known = expressions.get(pattern)
  if (known !== undefined) return known
  // Whatever else would be special means itself, and what begins with a dot is a file like any other.
  const expression = micromatch.makeRe(pattern.replace(/[^\p{L}\p{N}\s/*?._-]/gu, String.raw`\$&`), { dot: true })
  if (expressions.size >= mostExpressions) expressions.clear()
  expressions.set(pattern, expression)
  return expression
}
