import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FilePath } from '../../core/ids.ts'
import { type Parsed, parsed, refused } from '../../core/parsed.ts'
import { codeOf } from './failure.ts'

/** The file is the old one or the new one, at any moment, and its mode stays. */
export function replaceFile(folder: string, file: FilePath, text: string): Parsed<FilePath> {
  const path = join(folder, file)
  const temporary = join(dirname(path), `.lotse-${randomBytes(6).toString('hex')}.tmp`)
  try {
    const { mode } = lstatSync(path)
    writeFileSync(temporary, text, { flag: 'wx', flush: true })
    // Not by the option `mode`: that one is subject to the umask.
    chmodSync(temporary, mode & 0o7777)
    renameSync(temporary, path)
    return parsed(file)
  } catch (cause) {
    rmSync(temporary, { force: true })
    return refused({ message: `the file cannot be written (${codeOf(cause)})`, at: { file, line: 1, column: 1 } })
  }
}
