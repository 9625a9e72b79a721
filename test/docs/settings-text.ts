import { type SettingRow } from '../../src/runtime/setting-reader.ts'

/** The row of a setting in the table of docs/settings.md. */
export function docsRow(name: string, row: SettingRow<unknown>): string {
  const missing = row.required === true ? 'required' : ''
  return `| \`${name}\` | ${row.default === undefined ? missing : `\`${row.default}\``} | ${row.description} |`
}

/** The whole `.env.example`: what a start needs stands there to be filled in, the rest as a comment. */
export function exampleOf(rows: readonly (readonly [string, SettingRow<unknown>])[]): string {
  const blocks = rows.map(([name, row]) => {
    const line = `${name}=${row.default ?? row.example ?? ''}`
    const ready = row.required === true || row.start === true
    return `# ${row.description}\n${ready ? line : `# ${line}`}\n`
  })
  return `# Copy to .env and fill in: docs/settings.md\n\n${blocks.join('\n')}`
}
