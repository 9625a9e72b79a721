import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** The programs of `controller-tools/envtest/`. By the system's tar: Linux and macOS have one, and its sum is checked. */
export async function unpack(archive: string, folder: string): Promise<void> {
  await promisify(execFile)('tar', ['-xzf', archive, '-C', folder, '--strip-components=2'])
}
