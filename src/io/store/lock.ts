import { readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { UserError } from '../../core/user-error.ts'
import { unusable } from './folder.ts'

export type FolderLock = { readonly release: () => Promise<void> }

/**
 * PGlite lets two processes open one folder, and then both destroy it. The lock is the operating system's: an exclusive
 * transaction of SQLite holds it, the only door to file locks that Node has. It ends with the process, however that
 * ends, so there is no stale lock and no guessing whether a process id was given to somebody else in the meantime.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const noteFile = join(folder, 'lock.json')
  const file = openLock(folder)
  try {
    file.exec('begin exclusive')
    // Only for the message to the second process; whether it is locked is never read from here.
    await writeFile(noteFile, `${JSON.stringify({ pid: process.pid, host: hostname() })}\n`)
  } catch (cause) {
    file.close()
    throw isBusy(cause) ? await inUse(folder, noteFile) : unusable(folder, cause)
  }
  return { release: async () => file.close() }
}

function openLock(folder: string): DatabaseSync {
  try {
    return new DatabaseSync(join(folder, 'lock'), { timeout: 0 })
  } catch (cause) {
    throw unusable(folder, cause)
  }
}

async function inUse(folder: string, noteFile: string): Promise<UserError> {
  const holder = await readHolder(noteFile)
  return new UserError(`the data folder ${folder} is in use by ${holder}`, {
    help: 'Stop that process, or choose another DATA_DIR. Several replicas need a PostgreSQL server: set DATABASE_URL.',
  })
}

async function readHolder(noteFile: string): Promise<string> {
  try {
    const note: unknown = JSON.parse(await readFile(noteFile, 'utf8'))
    const { pid, host } = note as { pid?: unknown; host?: unknown }
    return `process ${String(pid)} on ${String(host)}`
  } catch {
    return 'another process'
  }
}

const SQLITE_BUSY = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}
