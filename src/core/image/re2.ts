import { RE2JS, RE2JSException } from 're2js'
import { type Parsed, parsed, refused } from '../parsed.ts'

// Linear in the tag, but for each letter of it every step of the pattern may have to be taken.
export const largestProgram = 1000
const longestPattern = 512

/** A pattern of a person, in an engine that never goes back. `written` is what is shown where it is none. */
export function compileRe2(pattern: string, written: string): Parsed<RE2JS> {
  const shown = written.slice(0, 120)
  const tooLarge = { message: `\`${shown}\` is too large`, help: 'repeat less: `a{0,1000}` is a thousand steps' }
  if (pattern.length > longestPattern)
    return refused(`expected a pattern of at most ${longestPattern} characters, got ${pattern.length}`)
  // Compiling writes all repetitions out before anybody can count, and a manifest may hold thousands of patterns.
  if (stepsOf(pattern) > 2 * largestProgram) return refused(tooLarge)
  try {
    const compiled = RE2JS.compile(pattern)
    return compiled.programSize() > largestProgram ? refused(tooLarge) : parsed(compiled)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    return refused({
      message: `\`${shown}\` is no regular expression: ${error.message}`,
      help: 'the syntax is RE2: without look-around and back-references',
    })
  }
}

const token =
  /\\Q[^]*?(?:\\E|$)|\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\[^]|\(\?P?<[^>]*>|\(\?[a-zA-Z-]*[:)]|\[\^?\]?(?:\[:\^?[a-z]+:\]|\\[^]|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|[^]/g

/** About as many as a pattern has once its repetitions are written out: what is not understood counts as one. */
function stepsOf(pattern: string): number {
  const open: number[] = []
  let steps = 0
  let last = 0
  for (const [text, least, most = ''] of pattern.matchAll(token)) {
    if (least !== undefined) {
      const times = Math.max(1, Number(least), Number(most))
      steps += last * (times - 1)
      last *= times
    } else if (text.startsWith('(')) {
      // `(?i)` is whole.
      if (!text.endsWith(')')) open.push(steps)
    } else if (text === ')') {
      steps += groupSteps
      last = steps - (open.pop() ?? 0)
    } else if ('*+?|'.includes(text)) {
      steps += 1
      last += 1
    } else {
      // What is quoted is repeated by its last letter only.
      steps += text.startsWith(String.raw`\Q`) ? text.length : 1
      last = 1
    }
  }
  return steps
}

/** What a group costs beside what is in it. */
const groupSteps = 2
