/** Where in a user's file something was found. Lines and columns count from 1, as editors do. */
export type Place = { readonly file?: string; readonly line: number; readonly column: number }

/** Something the author of a text should know: what is wrong (lower case, no full stop), where, and what to do. */
export type Problem = { readonly message: string; readonly at?: Place; readonly help?: string }

export type Problems = readonly [Problem, ...Problem[]]

/** What a parser returns. All problems at once; behind it nobody checks again. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: Problems }

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

export function refused(first: Problem | string, ...others: readonly Problem[]): Parsed<never> {
  return { ok: false, problems: [typeof first === 'string' ? { message: first } : first, ...others] }
}

/** `clusters/production/app.yaml:12:5: expected a number (help)`, one line per problem. */
export function formatProblem(problem: Problem): string {
  const place = problem.at === undefined ? '' : `${formatPlace(problem.at)}: `
  const help = problem.help === undefined ? '' : ` (${problem.help})`
  return `${place}${problem.message}${help}`
}

function formatPlace({ file, line, column }: Place): string {
  return file === undefined ? `${line}:${column}` : `${file}:${line}:${column}`
}

/**
 * The value of something that another system guarantees (a commit id in GitHub's answer). A refusal here is a bug of
 * ours or of theirs, so it throws; what people write goes through `Parsed`.
 */
export function guaranteed<T>(result: Parsed<T>): T {
  if (result.ok) return result.value
  throw new Error(`a guarantee was broken: ${result.problems.map(formatProblem).join('; ')}`)
}

/** A problem of a text, now that it is known which file the text is from. */
export function inFile(problem: Problem, file: string): Problem {
  return { ...problem, at: { ...(problem.at ?? { line: 1, column: 1 }), file } }
}
