import { readArguments } from './arguments.ts'
import { readFolderImages } from './offline/folder.ts'
import { imageJson } from './offline/json.ts'
import { complainOf, print, printJson, table } from './offline/print.ts'
import { theFolder } from './offline/words.ts'

/** What the workloads of a folder name. What is wrong in a file goes to stderr, and hides nothing of the others. */
export async function runImages(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, { json: { type: 'boolean' } })
  const folder = theFolder(words)
  const { files, problems } = readFolderImages(folder)
  const images = files.flatMap(({ file, reading }) => reading.images.map((use) => imageJson(file, use)))
  complainOf(problems)
  if (values.json === true) await printJson(images)
  else if (images.length === 0) process.stderr.write(`lotse: no workload in ${folder} names an image\n`)
  else {
    const rows = images.map(({ workload, container, image, automated, policy, file, line }) => {
      return [workload, container, image, automated ? 'yes' : 'no', policy ?? '-', `${file}:${line}`]
    })
    await print(table([['WORKLOAD', 'CONTAINER', 'IMAGE', 'AUTOMATED', 'POLICY', 'FILE'], ...rows]))
  }
  return 0
}
