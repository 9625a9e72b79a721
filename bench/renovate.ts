import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { acme } from '../src/sandbox/acme.ts'
import { type SandboxRegistry, startRegistry } from '../src/sandbox/registry/registry.ts'
import { filesOf, pushTags } from './landscape.ts'
import { quantile, times } from './measure.ts'
import type { Bench, Row, Table } from './report.ts'
import { usageOf } from './usage.ts'

const version = '44.121.2'
const sizes = [20, 200]
const rounds = 3
const sampleMs = 20

/**
 * Both read one folder and ask one registry what is newer, and write nothing. Renovate does this by `--platform=local`; a
 * run that opens pull requests would need more of GitHub than the sandbox has.
 */
export const renovate: Bench = {
  about: `lotse plan beside Renovate ${version} on one folder; npm downloads it, some 600 packages`,
  onlyByName: true,
  async run(tell) {
    tell(`npm downloads renovate@${version}, or finds it in its cache`)
    const program = await renovateProgram()
    const tables: Table[] = []
    for (const images of sizes) tables.push(await compare(program, images, tell))
    return tables
  },
}

async function renovateProgram(): Promise<string> {
  const args = ['exec', '--yes', `--package=renovate@${version}`, '-c', 'command -v renovate']
  const { stdout } = await promisify(execFile)('npm', args, { cwd: tmpdir() })
  return stdout.trim()
}

async function compare(program: string, images: number, tell: (progress: string) => void): Promise<Table> {
  const registry = await startRegistry()
  const folder = await mkdtemp(join(tmpdir(), 'lotse-bench-'))
  try {
    for (let image = 0; image < images; image++) await pushTags(registry, image)
    const size = { repositories: 1, files: images, images }
    for (const [path, text] of Object.entries(filesOf(size, 0))) {
      await mkdir(dirname(join(folder, 'manifests', path)), { recursive: true })
      await writeFile(join(folder, 'manifests', path), text)
    }
    const ground = { registry, folder, program }
    const runs: Run[] = []
    for (const [who, command] of Object.entries(contestants(ground))) {
      tell(`${images} images: ${who}, ${rounds} runs`)
      runs.push(await medianOf(who, ground, command))
    }
    return tableOf(images, runs)
  } finally {
    await registry.close()
    await rm(folder, { recursive: true })
  }
}

type Ground = { readonly registry: SandboxRegistry; readonly folder: string; readonly program: string }

type Command = {
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** What it remembers is taken from it before each run. */
  readonly forgets: boolean
}

function contestants({ registry, folder, program }: Ground): Readonly<Record<string, Command>> {
  const main = resolve(import.meta.dirname, '../src/cli/main.ts')
  const registries = JSON.stringify([{ host: acme.registryHost, url: registry.url }])
  const local = {
    args: [program, '--platform=local'],
    environment: {
      RENOVATE_CONFIG: JSON.stringify(renovateSettings(registry)),
      RENOVATE_BASE_DIR: join(folder, 'renovate'),
      LOG_LEVEL: 'error',
    },
  }
  return {
    'lotse plan': { args: [main, 'plan', '.'], environment: { REGISTRIES: registries }, forgets: true },
    'renovate, cold': { ...local, forgets: true },
    'renovate, again': { ...local, forgets: false },
  }
}

function renovateSettings(registry: SandboxRegistry): object {
  return {
    enabledManagers: ['kubernetes'],
    kubernetes: { managerFilePatterns: ['/\\.yaml$/'] },
    registryAliases: { [acme.registryHost]: registry.host },
    hostRules: [{ matchHost: registry.host, insecureRegistry: true }],
    onboarding: false,
    requireConfig: 'ignored',
    fetchChangeLogs: 'off',
  }
}

type Run = {
  readonly who: string
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakMiB: number
  readonly requests: number
  readonly lists: number
}

async function medianOf(who: string, ground: Ground, command: Command): Promise<Run> {
  const runs: Run[] = []
  for (let round = 0; round < rounds; round++) runs.push(await runOnce(who, ground, command))
  const median = (of: (run: Run) => number): number => quantile(runs.map(of), 0.5)
  return {
    who,
    wallMs: median(({ wallMs }) => wallMs),
    cpuMs: median(({ cpuMs }) => cpuMs),
    peakMiB: median(({ peakMiB }) => peakMiB),
    requests: median(({ requests }) => requests),
    lists: median(({ lists }) => lists),
  }
}

async function runOnce(
  who: string,
  { registry, folder }: Ground,
  { args, environment, forgets }: Command,
): Promise<Run> {
  if (forgets) await rm(join(folder, 'renovate'), { recursive: true, force: true })
  registry.requests.reset()
  const start = performance.now()
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, ...environment }
  const child = spawn(process.execPath, [...args], { cwd: join(folder, 'manifests'), env, stdio: 'ignore' })
  const exit = once(child, 'exit')
  const ended = new AbortController()
  const watched = watch(child.pid ?? NaN, ended.signal)
  const [code]: unknown[] = await exit
  const wallMs = performance.now() - start
  ended.abort()
  if (code !== 0) throw new Error(`${who} ended with ${String(code)}`)
  const all = registry.requests.all()
  const requests = Object.values(all).reduce((sum, count) => sum + count, 0)
  return { who, wallMs, ...(await watched), requests, lists: all.tags ?? 0 }
}

/** A process tells what it used only while it lives, so it is asked again and again. */
async function watch(pid: number, ended: AbortSignal): Promise<{ readonly cpuMs: number; readonly peakMiB: number }> {
  let last = { cpuMs: NaN, peakMiB: NaN }
  while (!ended.aborted) {
    try {
      const { cpuMs, peakMiB } = await usageOf(pid)
      // Of one that has ended and is not buried yet only the time is told.
      last = { cpuMs, peakMiB: Number.isNaN(peakMiB) ? last.peakMiB : peakMiB }
    } catch {
      break
    }
    await delay(sampleMs)
  }
  return last
}

function tableOf(images: number, runs: readonly Run[]): Table {
  const [ours] = runs
  const rows = runs.map((run): Row => ({
    what: run.who,
    'wall s': run.wallMs / 1000,
    wall: times(run.wallMs, ours?.wallMs ?? NaN),
    'CPU s': run.cpuMs / 1000,
    'peak MiB': run.peakMiB,
    memory: times(run.peakMiB, ours?.peakMiB ?? NaN),
    requests: run.requests,
    'of these tag lists': run.lists,
    'times the requests': times(run.requests, ours?.requests ?? NaN),
  }))
  return {
    title: `renovate: a folder of ${images} Deployments, ${images} images of ten tags, median of ${rounds}`,
    rows,
  }
}
