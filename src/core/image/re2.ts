import { RE2JS, RE2JSException } from 're2js'
import { type Parsed, parsed, refused } from '../parsed.ts'

// Linear in the tag, but for each letter of it every step of the pattern may have to be taken.
export const largestProgram = 1000

/** A pattern of a person, in an engine that never goes back. `written` is what is shown where it is none. */
export function compileRe2(pattern: string, written: string): Parsed<RE2JS> {
  const shown = written.slice(0, 120)
  try {
    const compiled = RE2JS.compile(pattern)
    return compiled.programSize() > largestProgram
      ? refused({ message: `\`${shown}\` is too large`, help: 'repeat less: `a{0,1000}` is a thousand steps' })
      : parsed(compiled)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    return refused({
      message: `\`${shown}\` is no regular expression: ${error.message}`,
      help: 'the syntax is RE2: without look-around and back-references',
    })
  }
}
