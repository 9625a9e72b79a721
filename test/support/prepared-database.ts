import { cpSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { PGlite } from '@electric-sql/pglite'
import type { BotSettings } from '../../src/runtime/settings.ts'

/**
 * Puts an empty database where the bot will open its embedded one. To make it (initdb) takes seconds and up to 1 GiB, so
 * it is made once for each version of PGlite on this machine. It holds what initdb makes and nothing of ours: schema and
 * migrations are still the bot's own work in every story. A server needs none.
 */
export async function prepareDatabase(database: BotSettings['database']): Promise<void> {
  if (database.kind === 'server') return
  const name = `lotse-prepared-database-${await pgliteVersion()}-${userInfo().uid}`
  await copyPrepared({ cache: join(tmpdir(), name), make: makeDatabase, to: join(database.path, 'postgres') })
}

export type Prepared = {
  /** Where it is kept between runs. */
  readonly cache: string
  /** Makes the folder of this name. */
  readonly make: (folder: string) => Promise<void>
  /** Must not be there yet. */
  readonly to: string
}

const attempts = 3

/**
 * Copies a folder that is made only when there is none, or only part of one: temporary folders are swept file by file.
 * Any number of processes may do this at once without a lock: each makes its own aside and moves it into place whole,
 * and it is the copy that is checked, so a change in the midst of copying is seen too.
 */
export async function copyPrepared({ cache, make, to }: Prepared): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (copyWhole(cache, to)) return
    await renew(cache, make)
  }
  throw new Error(`expected a prepared folder in ${cache}, got none that is whole in ${attempts} attempts`)
}

/** Next to the folder stands what belongs in it. */
const folderIn = (cache: string): string => join(cache, 'folder')
const listIn = (cache: string): string => join(cache, 'files.json')

/** `cpSync`, as `cp` takes five times as long for a thousand files. */
function copyWhole(cache: string, to: string): boolean {
  try {
    cpSync(folderIn(cache), to, { recursive: true })
    if (isListed(to, cache)) return true
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  rmSync(to, { recursive: true, force: true })
  return false
}

async function renew(cache: string, make: (folder: string) => Promise<void>): Promise<void> {
  const aside = await mkdtemp(`${cache}-`)
  try {
    const made = join(aside, 'made')
    await mkdir(made)
    await make(folderIn(made))
    await writeFile(listIn(made), JSON.stringify(filesOf(folderIn(made))))
    if (isWhole(cache)) return
    await moveIfThere(cache, join(aside, 'broken'))
    await moveUnlessThere(made, cache)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

function isWhole(cache: string): boolean {
  try {
    return isListed(folderIn(cache), cache)
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

function isListed(folder: string, cache: string): boolean {
  return isDeepStrictEqual(filesOf(folder), JSON.parse(readFileSync(listIn(cache), 'utf8')))
}

/** Every file with its size, and every folder: PostgreSQL wants its empty ones. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => {
      const stats = statSync(join(folder, path))
      return stats.isDirectory() ? `${path}/` : `${path} ${stats.size}`
    })
    .toSorted()
}

async function moveIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })
}

/** Another process may have been faster. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: unknown) => {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(codeOf(error))) throw error
  })
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

async function makeDatabase(folder: string): Promise<void> {
  const pglite = await PGlite.create({ dataDir: folder })
  await pglite.close()
}

async function pgliteVersion(): Promise<string> {
  const main = fileURLToPath(import.meta.resolve('@electric-sql/pglite'))
  const { version }: { version: string } = JSON.parse(await readFile(join(dirname(main), '../package.json'), 'utf8'))
  return version
}
