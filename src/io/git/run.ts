import { spawn } from 'node:child_process'
import { UserError } from '../../core/user-error.ts'
import type { GitEnvironment } from './environment.ts'

export type GitRun = {
  readonly environment: GitEnvironment
  readonly input?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** How large a file git may write, in bytes: what is fetched comes as one. */
  readonly mostFileBytes?: number
}

export type GitAnswer = {
  readonly code: number
  readonly stdout: Buffer
  /** Its end; that is where git says why. */
  readonly stderr: string
  /** Why it was ended by us. */
  readonly cut?: 'late' | 'too-much'
}

const mostOutput = 128 * 1024 * 1024
const mostStderr = 64 * 1024
const patienceMs = 2000

/** Runs git with what it starts itself in a process group, so that all of it ends. Throws only the signal's reason. */
export async function runGit(args: readonly string[], run: GitRun): Promise<GitAnswer> {
  run.signal?.throwIfAborted()
  const { environment, input = '', timeoutMs = 120_000, mostFileBytes, signal } = run
  const child = spawn(...command(args, mostFileBytes), { env: { ...environment }, stdio: 'pipe', detached: true })
  let cut: GitAnswer['cut']
  let killing: NodeJS.Timeout | undefined
  const end = (because?: GitAnswer['cut']): void => {
    cut ??= because
    // First by a word, so that it can remove its locks.
    signalGroup(child.pid, 'SIGTERM')
    killing ??= setTimeout(() => signalGroup(child.pid, 'SIGKILL'), patienceMs)
  }
  const onAbort = (): void => end()
  signal?.addEventListener('abort', onAbort, { once: true })
  const late = setTimeout(() => end('late'), timeoutMs)
  const stdout = collect(child.stdout, mostOutput, () => end('too-much'))
  const stderr = collectEnd(child.stderr, mostStderr)
  // A git that ends before it has read everything closes the pipe; its exit code tells the story.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (exit) => resolve(exit ?? 128))
    })
    signal?.throwIfAborted()
    return { code, stdout: Buffer.concat(stdout), stderr: stderr(), ...(cut === undefined ? {} : { cut }) }
  } catch (error) {
    throw isMissing(error) ? notInstalled(error) : error
  } finally {
    signal?.removeEventListener('abort', onAbort)
    clearTimeout(late)
    clearTimeout(killing)
  }
}

function command(args: readonly string[], mostFileBytes: number | undefined): [string, readonly string[]] {
  if (mostFileBytes === undefined) return ['git', args]
  // POSIX counts in blocks of 512 bytes. Git itself has a limit for what is pushed to it only.
  const blocks = String(Math.ceil(mostFileBytes / 512))
  return ['/bin/sh', ['-c', 'ulimit -f "$1" && shift && exec git "$@"', 'git', blocks, ...args]]
}

function collect(stream: NodeJS.ReadableStream, most: number, onTooMuch: () => void): readonly Buffer[] {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > most) onTooMuch()
    else chunks.push(chunk)
  })
  return chunks
}

/** A remote may talk without end. */
function collectEnd(stream: NodeJS.ReadableStream, most: number): () => string {
  let end = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    end = Buffer.concat([end, chunk]).subarray(-most)
  })
  return () => end.toString('utf8')
}

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It ended in the meantime.
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function notInstalled(cause: unknown): UserError {
  return new UserError('the program `git` is not on the PATH', { help: 'install git 2.39 or newer', cause })
}
