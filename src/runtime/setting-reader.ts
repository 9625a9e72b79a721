import { readFileSync } from 'node:fs'
import { formatProblem, type Parsed, type Problem, parsed, refused } from '../core/parsed.ts'
import { UserError } from '../core/user-error.ts'

/** One variable: what it is read as, and what the docs and `.env.example` say of it. */
export type SettingRow<T> = {
  readonly parse: (text: string) => Parsed<T>
  /** As somebody would write it. */
  readonly default?: string
  readonly example?: string
  readonly description: string
  /** Its value stands in no error. */
  readonly secret?: true
  readonly required?: true
  /** Stands in `.env.example` ready to be used, though it is not required: without it the bot has nothing to do. */
  readonly start?: true
}

export type SettingRows = Readonly<Record<string, SettingRow<unknown>>>
export type SettingValues<R extends SettingRows> = { readonly [V in keyof R]: ValueOf<R[V]> | undefined }
type ValueOf<R> = R extends { readonly parse: (text: string) => Parsed<infer T> } ? T : never

export type Environment = Readonly<Record<string, string | undefined>>

/** For the variables that name a file; throws when it cannot. */
export type ReadFile = (path: string) => string

/** Gives what it can and keeps every problem, so that an operator sees all of them at once. */
export type SettingReader = {
  /** The text of a variable, or `''`. */
  readonly said: (name: string) => string
  readonly values: <R extends SettingRows>(rows: R) => SettingValues<R>
  readonly take: <T>(name: string, result: Parsed<T>) => T | undefined
  /** What stands in the file that the variable names. */
  readonly file: <T>(name: string, path: string | undefined, parse: (text: string) => Parsed<T>) => T | undefined
  /** All problems, each with the name of its variable and without the value of a secret; without any, the settings. */
  readonly settle: <T>(settings: () => T) => Parsed<T>
}

export function createSettingReader(environment: Environment, readFile: ReadFile): SettingReader {
  const problems: Problem[] = []
  const said = (name: string): string => environment[name]?.trim() ?? ''

  function take<T>(name: string, result: Parsed<T>): T | undefined {
    if (result.ok) return result.value
    problems.push(...result.problems.map((problem) => ({ ...problem, message: `${name}: ${problem.message}` })))
    return undefined
  }
  function value<T>(name: string, row: SettingRow<T>): T | undefined {
    const text = said(name) || row.default
    if (text !== undefined) return take(name, row.parse(text))
    if (row.required) take(name, refused({ message: 'expected a value, got none', help: row.description }))
    return undefined
  }
  return {
    said,
    take,
    // Each value has the type of its row: the same key, the same `parse`.
    values: <R extends SettingRows>(rows: R) =>
      Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, value(name, row)])) as SettingValues<R>,
    file: (name, path, parse) => (path === undefined ? undefined : take(name, parseFile(readFile, path, parse))),
    settle: (settings) => {
      const [first, ...others] = problems
      return first === undefined ? parsed(settings()) : refused(first, ...others)
    },
  }
}

function parseFile<T>(readFile: ReadFile, path: string, parse: (text: string) => Parsed<T>): Parsed<T> {
  try {
    return parse(readFile(path))
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read'
    return refused(`expected a readable file, got \`${path}\` (${reason})`)
  }
}

/** Throws a `UserError` that says everything that is wrong. */
export function settingsOf<T>(result: Parsed<T>, help: string): T {
  if (result.ok) return result.value
  const problems = result.problems.map((problem) => `  ${formatProblem(problem)}`)
  throw new UserError(`the settings are wrong:\n${problems.join('\n')}`, { help })
}

export function readText(path: string): string {
  return readFileSync(path, 'utf8')
}
