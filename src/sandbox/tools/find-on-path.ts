import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

export async function findOnPath(program: string, path: string | undefined): Promise<string | undefined> {
  const folders = (path ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const folder of folders) {
    const file = join(folder, program)
    if (await isExecutable(file)) return file
  }
  return undefined
}

export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
