import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { UserError } from '../../core/user-error.ts'

/** Makes the data folder and what is missing above it. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await make(resolve(folder))
  } catch (cause) {
    throw unusable(folder, cause)
  }
}

/** Not `mkdir` with `recursive`: in `/proc`, where nothing can be made, that one tries for ever. */
async function make(folder: string): Promise<void> {
  if (await isThere(folder)) return
  await make(dirname(folder))
  await mkdir(folder)
}

async function isThere(folder: string): Promise<boolean> {
  try {
    if ((await stat(folder)).isDirectory()) return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  throw Object.assign(new Error(`${folder} is not a folder`), { code: 'ENOTDIR' })
}

export function unusable(folder: string, cause: unknown): UserError {
  return new UserError(`expected a folder to keep data in, got \`${folder}\` (${codeOf(cause)})`, {
    help: 'Set DATA_DIR to a folder that this process may make and write to, or DATABASE_URL to a PostgreSQL server.',
    cause,
  })
}

/** `EACCES` of the system, `unable to open database file` of SQLite, whose errors all have the same code. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if ('errstr' in error) return String(error.errstr)
  return 'code' in error ? String(error.code) : error.message
}
