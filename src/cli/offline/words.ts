import { WrongCall } from '../arguments.ts'

/** The one folder that a command works on. */
export function theFolder(words: readonly string[]): string {
  const [folder, another] = words
  if (folder === undefined) throw new WrongCall('expected a folder with manifests, got none')
  if (another !== undefined) throw new WrongCall(`expected one folder, got \`${another}\` too`)
  return folder
}
