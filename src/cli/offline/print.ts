import { formatProblem, type Problem } from '../../core/parsed.ts'
import { codeOf } from './failure.ts'

/** Ends when everything is with its reader, who may have gone: `lotse images . | head`. */
export async function print(text: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // The failure comes twice, and an event that nobody hears ends the process.
  process.stdout.once('error', () => {})
  process.stdout.write(text, (error) =>
    error === null || error === undefined || codeOf(error) === 'EPIPE' ? resolve() : reject(error),
  )
  return promise
}

export async function printJson(value: unknown): Promise<void> {
  await print(`${JSON.stringify(value, undefined, 2)}\n`)
}

/** To stderr, so that the answer can be piped without them. */
export function complainOf(problems: readonly Problem[]): void {
  for (const problem of problems) process.stderr.write(`lotse: ${printable(formatProblem(problem))}\n`)
}

// One long name would push everything else out of sight.
const widest = 48

/** Cells below each other, two spaces between; one that is too long moves only its own row. */
export function table(rows: readonly (readonly string[])[], indent = ''): string {
  const cells = rows.map((row) => row.map(printable))
  const widths: number[] = []
  for (const row of cells) {
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, Math.min(cell.length, widest))
  }
  const lines = cells.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '))
  return lines.map((line) => `${indent}${line.trimEnd()}\n`).join('')
}

/** What a manifest says must not speak to the terminal: `\u001b[2J` would clear it. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
