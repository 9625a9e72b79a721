import { open, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOnLifeline } from '../tools/lifeline.ts'

/** A server of another project, with a folder of its own; both go when it ends or when we do. */
export type Daemon = {
  readonly folder: string
  /** The last of what it wrote. */
  readonly log: () => Promise<string>
  /** Resolves with its exit code, whoever ended it. */
  readonly ended: Promise<number>
  readonly end: () => Promise<void>
}

export type DaemonOptions = {
  readonly name: string
  readonly program: string
  /** Called when the folder is there: files can be put into it, and named. */
  readonly argumentsIn: (folder: string) => Promise<readonly string[]>
}

export async function startDaemon({ name, program, argumentsIn }: DaemonOptions): Promise<Daemon> {
  const folder = await mkdtemp(join(tmpdir(), `lotse-${name}-`))
  try {
    return await startIn(folder, program, await argumentsIn(folder))
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function startIn(folder: string, program: string, args: readonly string[]): Promise<Daemon> {
  // Held open, for the folder goes with the program, and its last words are wanted after that.
  const log = await open(join(folder, 'log'), 'w+', 0o600)
  const running = startOnLifeline({
    program,
    args,
    environment: { PATH: process.env['PATH'] },
    folder,
    output: [log.fd, log.fd],
    remove: folder,
  })
  let closed = false
  return {
    folder,
    ended: running.ended,
    log: async () => (closed ? '' : readEnd(log)),
    async end() {
      await running.end()
      closed = true
      await log.close()
    },
  }
}

const keptBytes = 16 * 1024

async function readEnd(log: Awaited<ReturnType<typeof open>>): Promise<string> {
  const { size } = await log.stat()
  const from = Math.max(0, size - keptBytes)
  const { buffer, bytesRead } = await log.read(Buffer.alloc(keptBytes), 0, keptBytes, from)
  return buffer.subarray(0, bytesRead).toString('utf8').trim()
}
