import { parseArgs } from 'node:util'
import { burst } from './burst.ts'
import { edit } from './edit.ts'
import { renovate } from './renovate.ts'
import { release } from './release.ts'
import { type Bench, type Size, formatTable } from './report.ts'
import { store } from './store.ts'
import { sync } from './sync.ts'
import { tags } from './tags.ts'
import { walk } from './walk.ts'

const benches: Readonly<Record<string, Bench>> = { edit, tags, release, store, walk, burst, sync, renovate }

const help = `npm run bench -- [NAME…] [--json] [--repositories N --files N --images N]

Without a name all but renovate run, one after the other. Progress goes to stderr, results to stdout. What they say, and
what they do not, is in docs/benchmarks.md.

${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(8)} ${about}`)
  .join('\n')}

  --json             results as JSON, with unrounded numbers
  --repositories N   of release; 1,000 unless said
  --files N          of all these repositories together; 10,000
  --images N         that they follow together; 3,000
  --help             this
`

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      repositories: { type: 'string', default: '1000' },
      files: { type: 'string', default: '10000' },
      images: { type: 'string', default: '3000' },
    },
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
  const size = readSize(values)
  if (size === undefined) {
    process.stderr.write('expected a whole number from 1 on for each of --repositories, --files and --images\n')
    return 2
  }
  const chosen = Object.entries(benches).filter(([name, { onlyByName }]) =>
    positionals.length === 0 ? onlyByName !== true : positionals.includes(name),
  )
  const results: Record<string, unknown> = {}
  for (const [name, { run }] of chosen) {
    const tables = await run((progress) => process.stderr.write(`${name}: ${progress}\n`), size)
    results[name] = tables
    if (!values.json) process.stdout.write(`${tables.map(formatTable).join('\n')}\n`)
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`)
  return 0
}

function readSize(values: Readonly<Record<keyof Size, string>>): Size | undefined {
  const numbers = [values.repositories, values.files, values.images].map(Number)
  const [repositories = 0, files = 0, images = 0] = numbers
  return numbers.every((number) => Number.isInteger(number) && number > 0) ? { repositories, files, images } : undefined
}
