export type Row = Readonly<Record<string, string | number>>

export type Table = {
  readonly title: string
  readonly rows: readonly Row[]
  /** What one must know to read the numbers. */
  readonly notes?: readonly string[]
}

/** Of the ground that `release` is measured on; all of it together. */
export type Size = { readonly repositories: number; readonly files: number; readonly images: number }

export type Bench = {
  readonly about: string
  /** It fetches what is not ours, so nobody gets it who did not ask for it. */
  readonly onlyByName?: boolean
  /** `tell` shows progress; the tables are the result. */
  readonly run: (tell: (progress: string) => void, size: Size) => Promise<readonly Table[]>
}

/** Markdown, so that it can be put into the documentation as it is. */
export function formatTable({ title, rows, notes = [] }: Table): string {
  const names = Object.keys(rows[0] ?? {})
  const cells = rows.map((row) => names.map((name) => formatCell(row[name])))
  const numeric = names.map((name) => rows.every((row) => typeof row[name] === 'number'))
  const widths = names.map((name, i) => Math.max(name.length, 3, ...cells.map((row) => row[i]?.length ?? 0)))
  const line = (row: readonly string[]): string => `| ${row.map((cell, i) => pad(cell, i)).join(' | ')} |`
  const pad = (cell: string, i: number): string =>
    numeric[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)
  const rule = widths.map((width, i) => (numeric[i] === true ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  const table = [line(names), line(rule), ...cells.map(line)]
  return [
    `### ${title}`,
    '',
    ...table,
    '',
    ...notes.map((note) => `- ${note}`),
    ...(notes.length > 0 ? [''] : []),
  ].join('\n')
}

function formatCell(value: string | number | undefined): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value.replaceAll('|', '\\|')
  if (Number.isInteger(value)) return String(value)
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
}
