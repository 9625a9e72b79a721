import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { type Report, startTask } from './progress.ts'
import type { Tool } from './tool.ts'

type LockDeps = {
  readonly tool: Tool
  readonly report?: Report
  readonly signal?: AbortSignal
}

/**
 * One process at a time downloads or builds; the others wait for it, and then find what it made. One lock for all tools,
 * for one build takes the whole machine. An exclusive transaction of SQLite is the only door to file locks that Node
 * has: it ends with its process, however that ends.
 */
export async function withToolLock<T>(folder: string, deps: LockDeps, run: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true })
  const file = await waitForLock(join(folder, 'lock'), deps)
  try {
    return await run()
  } finally {
    file.close()
  }
}

async function waitForLock(path: string, { tool, report, signal }: LockDeps): Promise<DatabaseSync> {
  const first = tryLock(path)
  if (first !== undefined) return first
  const task = startTask({ tool, doing: 'waiting for another process to get its tools' }, report)
  for (;;) {
    await wait(250, undefined, signal === undefined ? {} : { signal })
    const file = tryLock(path)
    if (file !== undefined) {
      task.finish()
      return file
    }
    task.report()
  }
}

function tryLock(path: string): DatabaseSync | undefined {
  const file = new DatabaseSync(path, { timeout: 0 })
  try {
    file.exec('begin exclusive')
    return file
  } catch (cause) {
    file.close()
    if (isBusy(cause)) return undefined
    throw cause
  }
}

const SQLITE_BUSY = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}
