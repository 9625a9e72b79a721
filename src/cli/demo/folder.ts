import { existsSync, lstatSync, rmSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lockFolder } from '../../io/store/lock.ts'

const prefix = 'lotse-demo-'

/** A temporary folder that goes with the process; those of demos that were killed before they could go now. */
export async function openDemoFolder(): Promise<string> {
  await removeDead(tmpdir())
  const folder = await mkdtemp(join(tmpdir(), prefix))
  const lock = await lockFolder(folder)
  process.once('exit', () => {
    void lock.release()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })
  return folder
}

/** The lock of a folder is its demo's proof of life; one without is only just being made. */
async function removeDead(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const folder = join(parent, name)
    if (!name.startsWith(prefix) || !isOurs(folder) || !existsSync(join(folder, 'lock'))) continue
    const lock = await lockFolder(folder).catch(() => undefined)
    if (lock === undefined) continue
    await lock.release()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Anybody may put a folder of this name among the temporary ones, with links to our files in it. */
function isOurs(folder: string): boolean {
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  return stat !== undefined && stat.isDirectory() && stat.uid === (process.getuid?.() ?? stat.uid)
}
