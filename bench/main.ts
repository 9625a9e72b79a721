import { parseArgs } from 'node:util'
import { edit } from './edit.ts'
import { type Bench, formatTable } from './report.ts'
import { store } from './store.ts'
import { sync } from './sync.ts'
import { tags } from './tags.ts'
import { walk } from './walk.ts'

const benches: Readonly<Record<string, Bench>> = { edit, tags, store, walk, sync }

const help = `npm run bench -- [NAME…] [--json]

Without a name all of them run, one after the other. Progress goes to stderr, results to stdout. What they say, and what
they do not, is in docs/benchmarks.md.

${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(6)} ${about}`)
  .join('\n')}

  --json   results as JSON, with unrounded numbers
  --help   this
`

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const unknown = positionals.filter((name) => !Object.hasOwn(benches, name))
  if (unknown.length > 0) {
    process.stderr.write(`there is no benchmark ${unknown.join(', ')}, expected ${Object.keys(benches).join(', ')}\n`)
    return 2
  }
  const chosen = Object.entries(benches).filter(([name]) => positionals.length === 0 || positionals.includes(name))
  const results: Record<string, unknown> = {}
  for (const [name, { run }] of chosen) {
    const tables = await run((progress) => process.stderr.write(`${name}: ${progress}\n`))
    results[name] = tables
    if (!values.json) process.stdout.write(`${tables.map(formatTable).join('\n')}\n`)
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`)
  return 0
}
