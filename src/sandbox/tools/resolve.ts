import { UserError } from '../../core/user-error.ts'
import { buildTool } from './build.ts'
import { cacheFolder, findCached } from './cache.ts'
import { findOnPath } from './find-on-path.ts'
import { withToolLock } from './lock.ts'
import type { Report } from './progress.ts'
import { downloadTool } from './release.ts'
import { type Tool, type ToolName, toolFits, tools } from './tool.ts'
import { versionOf } from './version.ts'

export type ToolDeps = {
  /** Settings, `PATH`, `HOME`, `XDG_CACHE_HOME`, and what Go reads. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly fetch?: typeof fetch
  /** Where envtest lists its releases. */
  readonly releaseIndex?: string
  /** The folder with the Go modules; default `tools/` of this repository. */
  readonly modules?: string
  readonly report?: Report
  readonly signal?: AbortSignal
}

export type ResolvedTool = { readonly name: string; readonly version: string; readonly path: string }

/** What one way of getting a tool came to; `because` completes "tried:". */
export type Attempt =
  | { readonly kind: 'found'; readonly tool: ResolvedTool }
  | { readonly kind: 'missing'; readonly because: string }

export type Way = (tool: Tool, deps: ToolDeps) => Promise<Attempt>

const quickWays: readonly Way[] = [onPath, findCached]
/** Under the lock the cache is asked again: whoever held it before may have brought the tool. */
const longWays: readonly Way[] = [findCached, downloadTool, buildTool]

/** All of them, each found, downloaded or built; one after the other, for a build takes the whole machine. */
export async function resolveTools<Name extends ToolName>(
  names: readonly Name[],
  deps: ToolDeps,
): Promise<Readonly<Record<Name, ResolvedTool>>> {
  const resolved: Partial<Record<Name, ResolvedTool>> = {}
  for (const name of names) resolved[name] = await resolveTool(tools[name], deps)
  return resolved as Record<Name, ResolvedTool>
}

/** Setting, `PATH`, our cache, the official release, a build from pinned source: the first that has it. */
export async function resolveTool(tool: Tool, deps: ToolDeps): Promise<ResolvedTool> {
  const set = deps.environment[tool.setting]
  if (set !== undefined && set !== '') return fromSetting(tool, set)
  const quick = await firstThatHas(quickWays, tool, deps)
  if (quick.kind === 'found') return quick.tool
  const long = await withToolLock(cacheFolder(deps.environment), { tool, ...deps }, () =>
    firstThatHas(longWays, tool, deps),
  )
  if (long.kind === 'found') return long.tool
  throw cannotBeHad(tool, [`${tool.setting} is not set`, ...quick.tried, ...long.tried])
}

type Outcome =
  | { readonly kind: 'found'; readonly tool: ResolvedTool }
  | { readonly kind: 'missing'; readonly tried: readonly string[] }

async function firstThatHas(ways: readonly Way[], tool: Tool, deps: ToolDeps): Promise<Outcome> {
  const tried: string[] = []
  for (const way of ways) {
    deps.signal?.throwIfAborted()
    const attempt = await way(tool, deps)
    if (attempt.kind === 'found') return attempt
    tried.push(attempt.because)
  }
  return { kind: 'missing', tried }
}

/** A setting is somebody's word: what is wrong with it is said, not worked around. */
async function fromSetting(tool: Tool, path: string): Promise<ResolvedTool> {
  const version = await versionOf(tool, path)
  if (version !== undefined && toolFits(tool, version)) return { name: tool.name, version, path }
  const found = version === undefined ? 'does not say its version' : `is version ${version}`
  throw new UserError(`${tool.setting} is ${path}, which ${found}; expected ${tool.name} ${tool.fits}`, {
    help: `Set ${tool.setting} to a ${tool.name} ${tool.fits}, or unset it: then it is looked for, downloaded or built.`,
  })
}

async function onPath(tool: Tool, { environment }: ToolDeps): Promise<Attempt> {
  const path = await findOnPath(tool.name, environment['PATH'])
  if (path === undefined) return { kind: 'missing', because: 'PATH has none' }
  const version = await versionOf(tool, path)
  if (version === undefined) return { kind: 'missing', because: `${path} does not say its version` }
  if (!toolFits(tool, version)) return { kind: 'missing', because: `${path} is version ${version}` }
  return { kind: 'found', tool: { name: tool.name, version, path } }
}

function cannotBeHad(tool: Tool, tried: readonly string[]): UserError {
  const list = [...new Set(tried)].map((because) => `\n  - ${because}`).join('')
  return new UserError(`${tool.name} ${tool.fits} cannot be had on this machine; tried:${list}`, {
    help:
      `Install Go (https://go.dev/dl) and run again: ${tool.name} ${tool.version} is then built once. ` +
      `Or set ${tool.setting} to one that you have.`,
  })
}
