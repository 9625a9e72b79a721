import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { emptyWorkshop, moveToCache } from './cache.ts'
import { isExecutable } from './find-on-path.ts'
import { type Archive, newestArchive, parseReleaseIndex } from './release-index.ts'
import { type Task, startTask } from './progress.ts'
import type { Attempt, ResolvedTool, ToolDeps } from './resolve.ts'
import { type Tool, tools, toolFits } from './tool.ts'
import { unpack } from './unpack.ts'
import { versionOf } from './version.ts'

const officialIndex = 'https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml'
/** A closed network should cost seconds, not minutes. */
const answerWithinMs = 5_000

/**
 * Kubernetes' own archives for tests, as envtest uses them: API server, etcd and kubectl of one version, for Linux, macOS
 * and both architectures, with the SHA-512 of each. One download brings all three.
 */
export async function downloadTool(tool: Tool, deps: ToolDeps): Promise<Attempt> {
  if (!tool.inEnvtest) return { kind: 'missing', because: 'there is no release that we know how to check' }
  const index = deps.releaseIndex ?? officialIndex
  try {
    return await downloadFrom(index, tool, deps)
  } catch (error) {
    deps.signal?.throwIfAborted()
    return { kind: 'missing', because: `the release of ${index} could not be had: ${reasonOf(error)}` }
  }
}

async function downloadFrom(index: string, tool: Tool, deps: ToolDeps): Promise<Attempt> {
  const archive = newestArchive(parseReleaseIndex(await fetchText(index, deps)), tools['kube-apiserver'], here())
  if (archive === undefined) {
    const { os, cpu } = here()
    return { kind: 'missing', because: `${index} has no Kubernetes ${tools['kube-apiserver'].fits} for ${os} ${cpu}` }
  }
  const workshop = await emptyWorkshop(deps.environment)
  try {
    const file = join(workshop, 'archive.tar.gz')
    await download(archive, { file, tool, deps })
    await unpack(file, workshop)
    const kept = await keepAll(workshop, deps)
    const wanted = kept.find(({ name, version }) => name === tool.name && toolFits(tool, version))
    if (wanted !== undefined) return { kind: 'found', tool: wanted }
    return { kind: 'missing', because: `${archive.url} holds no ${tool.name} ${tool.fits}` }
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

/** Every tool of the archive, each under the version that it says it is. */
async function keepAll(workshop: string, { environment }: ToolDeps): Promise<readonly ResolvedTool[]> {
  const kept: ResolvedTool[] = []
  for (const tool of Object.values(tools)) {
    const file = join(workshop, tool.name)
    if (!(await isExecutable(file))) continue
    const version = await versionOf(tool, file)
    if (version !== undefined) kept.push(await moveToCache(tool, version, { file, environment }))
  }
  return kept
}

type Download = { readonly file: string; readonly tool: Tool; readonly deps: ToolDeps }

async function download({ url, sha512 }: Archive, { file, tool, deps }: Download): Promise<void> {
  const task = startTask({ tool, doing: `downloading ${url}` }, deps.report)
  const response = await answerOf(url, deps)
  if (response.body === null) throw new Error(`${url} answered without a body`)
  const length = Number(response.headers.get('content-length') ?? 0)
  const hash = createHash('sha512')
  const counted = counting(Readable.fromWeb(response.body), { hash, task, length })
  await pipeline(counted, createWriteStream(file), deps.signal === undefined ? {} : { signal: deps.signal })
  const got = hash.digest('hex')
  if (got !== sha512) throw new Error(`${url} has the SHA-512 ${got}, expected ${sha512}`)
  task.finish()
}

type Counting = { readonly hash: ReturnType<typeof createHash>; readonly task: Task; readonly length: number }

async function* counting(bytes: Readable, { hash, task, length }: Counting): AsyncGenerator<Buffer> {
  let count = 0
  for await (const chunk of bytes) {
    if (!(chunk instanceof Uint8Array)) continue
    hash.update(chunk)
    count += chunk.length
    task.report({ count, ...(length > 0 ? { of: length } : {}), unit: 'bytes' })
    yield Buffer.from(chunk)
  }
}

async function fetchText(url: string, deps: ToolDeps): Promise<string> {
  return (await answerOf(url, deps)).text()
}

/** The deadline is for the answer to begin; how long its body takes is a matter of the line. */
async function answerOf(url: string, { fetch: ask = fetch, signal }: ToolDeps): Promise<Response> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new Error(`no answer in ${answerWithinMs / 1000} s`)), answerWithinMs)
  const signals = signal === undefined ? [late.signal] : [late.signal, signal]
  try {
    const response = await ask(url, { signal: AbortSignal.any(signals) })
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    return response
  } finally {
    clearTimeout(timer)
  }
}

/** As Go names them, and the archives with it. */
function here(): { readonly os: string; readonly cpu: string } {
  const os = platform() === 'win32' ? 'windows' : platform()
  const cpu = { x64: 'amd64', ppc64: 'ppc64le' }[arch() as string] ?? arch()
  return { os, cpu }
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
