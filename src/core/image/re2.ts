import { RE2JS, RE2JSException } from 're2js'
import { type Parsed, parsed, refused } from '../parsed.ts'

// Linear in the tag, but for each letter of it every step of the pattern may have to be taken.
export const largestProgram = 1000
const longestPattern = 512

/** Letters and classes that no tag needs. Each is slow to compile, and where case is ignored takes milliseconds. */
const mostForeign = 8
const ignoresCase = /\(\?[a-zA-Z-]*i/
const foreign = /[^\0-\x7f]|\\(?:[pP]|x\{)/gu

/** A pattern of a person, in an engine that never goes back. `written` is what is shown where it is none. */
export function compileRe2(pattern: string, written: string): Parsed<RE2JS> {
  if (pattern.length > longestPattern)
    return refused(`expected a pattern of at most ${longestPattern} characters, got ${pattern.length}`)
  const key = JSON.stringify([pattern, written])
  const compiled = kept.get(key) ?? compile(pattern, written)
  keep(key, compiled)
  return compiled
}

// Every plan asks for the patterns of all workloads again. What a pattern is hangs on its text alone, so this is no state
// that anybody could see; only what was used last is kept, some 50 KiB each.
const kept = new Map<string, Parsed<RE2JS>>()
const mostKept = 1024

function keep(key: string, compiled: Parsed<RE2JS>): void {
  kept.delete(key)
  kept.set(key, compiled)
  const [oldest] = kept.keys()
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
}

function compile(pattern: string, written: string): Parsed<RE2JS> {
  const shown = written.slice(0, 120)
  const tooLarge = { message: `\`${shown}\` is too large`, help: 'repeat less: `a{0,1000}` is a thousand steps' }
  // Compiling writes all repetitions out before anybody can count, and a manifest may hold thousands of patterns.
  if (stepsOf(pattern) > 2 * largestProgram) return refused(tooLarge)
  if ([...pattern.matchAll(foreign)].length > (ignoresCase.test(pattern) ? 0 : mostForeign))
    return refused({
      message: `\`${shown}\` names too many letters beyond ASCII`,
      help: 'a tag has no others than `A-Z`, `a-z`, `0-9`, `_`, `.` and `-`',
    })
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
