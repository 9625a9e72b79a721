import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { emptyWorkshop, moveToCache } from './cache.ts'
import { findOnPath } from './find-on-path.ts'
import { startOnLifeline } from './lifeline.ts'
import { startTask } from './progress.ts'
import type { Attempt, ToolDeps } from './resolve.ts'
import type { GoSource, Tool } from './tool.ts'

const ourModules = join(import.meta.dirname, '..', '..', '..', 'tools')

/**
 * Builds a tool from source whose every byte `go.sum` pins; no Go code of ours. Without C, as the official programs are:
 * the same on every Linux, and no compiler is asked for.
 */
export async function buildTool(tool: Tool, deps: ToolDeps): Promise<Attempt> {
  const go = await findOnPath('go', deps.environment['PATH'])
  if (go === undefined) return { kind: 'missing', because: 'Go, to build it, is not on the PATH' }
  const { usualSeconds } = tool.source
  const task = startTask({ tool, doing: 'building with Go', usualSeconds }, deps.report)
  const workshop = await emptyWorkshop(deps.environment)
  const run = { go, deps, workshop, folder: join(deps.modules ?? ourModules, tool.source.module) }

  const listed = await runGo(run, ['list', '-mod=readonly', '-deps', tool.source.package])
  if (listed.kind === 'failed') return notBuilt(listed)
  let built = 0
  const file = join(workshop, tool.name)
  const result = await runGo(run, buildArguments(tool.source, file), (line) => {
    if (!isPackage(line)) return
    built += 1
    task.report({ count: built, of: listed.lines, unit: 'packages' })
  })
  if (result.kind === 'failed') return notBuilt(result)
  task.finish()
  return { kind: 'found', tool: await moveToCache(tool, tool.version, { file, environment: deps.environment }) }
}

function buildArguments({ package: name, variables }: GoSource, file: string): readonly string[] {
  const set = Object.entries(variables).map(([variable, value]) => `-X ${variable}=${value}`)
  const linker = ['-s', '-w', ...set].join(' ')
  return ['build', '-v', '-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', linker, '-o', file, name]
}

/** `-v` names each package on a line; `go: downloading MODULE VERSION` and errors have spaces. */
function isPackage(line: string): boolean {
  return line !== '' && !line.includes(' ')
}

type GoRun = { readonly go: string; readonly deps: ToolDeps; readonly workshop: string; readonly folder: string }
type GoResult = { readonly kind: 'ended'; readonly lines: number } | { readonly kind: 'failed'; readonly why: string }

async function runGo(
  { go, deps, workshop, folder }: GoRun,
  args: readonly string[],
  onLine: (line: string) => void = () => undefined,
): Promise<GoResult> {
  const temporary = await mkdtemp(join(workshop, 'go-'))
  const environment = { ...deps.environment, CGO_ENABLED: '0', GOWORK: 'off', GOTMPDIR: temporary }
  const running = startOnLifeline({
    program: go,
    args,
    environment,
    folder,
    output: ['pipe', 'pipe'],
    remove: temporary,
  })
  const abort = (): void => void running.end()
  deps.signal?.addEventListener('abort', abort)
  const said: string[] = []
  try {
    const [lines] = await Promise.all([
      countLines(running.process.stdout),
      eachLine(running.process.stderr, (line) => {
        said.push(line)
        onLine(line)
      }),
    ])
    const code = await running.ended
    deps.signal?.throwIfAborted()
    return code === 0 ? { kind: 'ended', lines } : { kind: 'failed', why: lastWords(said) }
  } finally {
    deps.signal?.removeEventListener('abort', abort)
  }
}

async function countLines(stream: NodeJS.ReadableStream | null): Promise<number> {
  let count = 0
  await eachLine(stream, () => (count += 1))
  return count
}

async function eachLine(stream: NodeJS.ReadableStream | null, heard: (line: string) => void): Promise<void> {
  if (stream === null) return
  for await (const line of createInterface(stream)) heard(line)
}

function notBuilt({ why }: { readonly why: string }): Attempt {
  return { kind: 'missing', because: `Go could not build it: ${why}` }
}

function lastWords(said: readonly string[]): string {
  const lines = said.filter((line) => line !== '' && !isPackage(line) && !line.startsWith('go: downloading'))
  return lines.slice(-4).join('; ')
}
