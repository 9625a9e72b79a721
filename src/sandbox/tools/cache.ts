import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { rcompare, valid } from 'semver'
import { isExecutable } from './find-on-path.ts'
import type { Attempt, ResolvedTool, ToolDeps } from './resolve.ts'
import { type Tool, toolFits } from './tool.ts'

/** Outside of the repository: all checkouts of one person share it. `FOLDER/VERSION/NAME` is a whole tool, always. */
export function cacheFolder(environment: ToolDeps['environment']): string {
  const xdg = environment['XDG_CACHE_HOME']
  // https://specifications.freedesktop.org/basedir: a relative path is to be ignored.
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(environment['HOME'] ?? homedir(), '.cache')
  return join(base, 'lotse', 'tools')
}

export async function findCached(tool: Tool, { environment }: ToolDeps): Promise<Attempt> {
  const folder = cacheFolder(environment)
  const versions = [tool.version, ...(await cachedVersions(folder)).filter((version) => toolFits(tool, version))]
  for (const version of versions) {
    const path = join(folder, version, tool.name)
    if (await isExecutable(path)) return { kind: 'found', tool: { name: tool.name, version, path } }
  }
  return { kind: 'missing', because: `${folder} has none` }
}

/** Where a download or a build goes until it is whole. One at a time has the lock, so what is here is left over. */
export async function emptyWorkshop(environment: ToolDeps['environment']): Promise<string> {
  const folder = join(cacheFolder(environment), 'incomplete')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  return folder
}

/** By a rename, so that nobody ever sees half of it. */
export async function moveToCache(tool: Tool, version: string, from: ToolFile): Promise<ResolvedTool> {
  const folder = join(cacheFolder(from.environment), version)
  const path = join(folder, tool.name)
  await mkdir(folder, { recursive: true })
  await chmod(from.file, 0o755)
  await rename(from.file, path)
  return { name: tool.name, version, path }
}

type ToolFile = { readonly file: string; readonly environment: ToolDeps['environment'] }

async function cachedVersions(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder).catch(() => [])
  return entries.filter((entry) => valid(entry) !== null).toSorted(rcompare)
}
