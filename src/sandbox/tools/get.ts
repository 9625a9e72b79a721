import { parseArgs } from 'node:util'
import { UserError } from '../../core/user-error.ts'
import { reportLines } from './progress.ts'
import { resolveTools } from './resolve.ts'
import { type ToolName, tools } from './tool.ts'

// node src/sandbox/tools/get.ts [NAME…]
// Gets the named tools, or all, before somebody waits for them, and prints where they are: `etcd 3.6.16 /path/to/etcd`.

process.exitCode = await main(parseArgs({ allowPositionals: true }).positionals)

async function main(names: readonly string[]): Promise<number> {
  try {
    const found = await resolveTools(names.length === 0 ? allNames() : names.map(parseName), {
      environment: process.env,
      report: reportLines((line) => process.stderr.write(`${line}\n`)),
    })
    for (const { name, version, path } of Object.values(found)) process.stdout.write(`${name} ${version} ${path}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    process.stderr.write(`${error.message}\n\n${error.help}\n`)
    return 1
  }
}

function allNames(): readonly ToolName[] {
  return Object.keys(tools).map(parseName)
}

function parseName(name: string): ToolName {
  if (isToolName(name)) return name
  throw new UserError(`there is no tool ${name}`, { help: `The tools are ${Object.keys(tools).join(', ')}.` })
}

function isToolName(name: string): name is ToolName {
  return Object.hasOwn(tools, name)
}
