import { parseTagPolicy } from '../core/image/tag-policy.ts'
import { annotate, type PolicyEdit } from '../core/manifest/annotate.ts'
import type { WorkloadId } from '../core/manifest/resource.ts'
import type { ImageUse } from '../core/manifest/workload.ts'
import type { FilePath } from '../core/ids.ts'
import { formatProblem, inFile, type Parsed } from '../core/parsed.ts'
import type { ReadFile } from '../core/release/plan.ts'
import { UserError } from '../core/user-error.ts'
import { readArguments, WrongCall } from './arguments.ts'
import { readFolder, readFolderImages, readText } from './offline/folder.ts'
import type { AnnotationJson } from './offline/json.ts'
import { complainOf, print, printJson, table } from './offline/print.ts'
import { replaceFile } from './offline/replace-file.ts'
import { theFolder, workloadIn } from './offline/words.ts'

const options = {
  workload: { type: 'string' },
  tag: { type: 'string', multiple: true },
  automate: { type: 'boolean' },
  deautomate: { type: 'boolean' },
  lock: { type: 'boolean' },
  unlock: { type: 'boolean' },
  message: { type: 'string' },
  json: { type: 'boolean' },
} as const

type Values = ReturnType<typeof readArguments<typeof options>>['values']

/** Sets the policies of one workload, as annotations in its manifest. */
export async function runPolicy(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, options)
  const folder = theFolder(words)
  const workload = workloadIn(values.workload)
  if (workload === undefined) throw new WrongCall('expected `--workload namespace:kind/name`, got none')
  const edits = wantedEdits(values)
  const { file, uses } = fileOf(readFolder(folder), workload, folder)
  checkContainers(edits, uses)
  const impossible = uses[0]?.automation.impossibleBecause
  if (values.automate === true && impossible !== undefined)
    throw new UserError(`${workload} cannot be automated`, { help: impossible })

  const { text, changes } = inThatFile(file, annotate(inThatFile(file, readText(folder, file)), workload, edits))
  const json = changes.map(({ annotation, line, from = null, to = null }): AnnotationJson => {
    return { workload, file, line, annotation, from, to }
  })
  if (changes.length > 0) inThatFile(file, replaceFile(folder, file, text))
  if (values.json === true) await printJson({ changes: json })
  else await print(table(json.map(rowOf)))
  if (changes.length > 0) return 0
  throw new UserError(`nothing to change: the annotations of ${workload} say so already`, {
    help: `They are in ${file}.`,
  })
}

function wantedEdits(values: Values): readonly PolicyEdit[] {
  const { automate, deautomate, lock, unlock, message, tag = [] } = values
  if (automate && deautomate) throw new WrongCall('expected `--automate` or `--deautomate`, got both')
  if (lock && unlock) throw new WrongCall('expected `--lock` or `--unlock`, got both')
  if (message !== undefined && !lock) throw new WrongCall('expected `--lock` with `--message`')
  const locked = lock ? 'true' : undefined
  const tags = tag.map(tagEdit)
  const twice = tags.find(({ name }, index) => tags.findIndex((other) => other.name === name) < index)
  if (twice !== undefined)
    throw new WrongCall(`expected one \`--tag\` for a container, got two for \`${twice.name.slice('tag.'.length)}\``)
  const edits: readonly PolicyEdit[] = [
    ...(automate || deautomate ? [{ name: 'automated', value: automate ? 'true' : undefined }] : []),
    ...tags,
    ...(lock || unlock ? [{ name: 'locked', value: locked }] : []),
    ...(message === undefined ? [] : [{ name: 'locked_msg', value: message }]),
    // Who locked it, and why, is over with the lock.
    ...(unlock ? ['locked_user', 'locked_msg'].map((name) => ({ name, value: undefined })) : []),
  ]
  if (edits.length === 0)
    throw new WrongCall('expected `--tag`, `--automate`, `--deautomate`, `--lock` or `--unlock`, got none of them')
  return edits
}

/** `web=semver:~1.2`; `web=` takes the policy away. Only the first `=` separates: `web=semver:>=1.0`. */
function tagEdit(text: string): PolicyEdit {
  const [, container, pattern = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (container === undefined) throw new WrongCall(`expected \`--tag CONTAINER=PATTERN\`, got \`${text}\``)
  if (pattern === '') return { name: `tag.${container}`, value: undefined }
  const policy = parseTagPolicy(pattern)
  if (policy.ok) return { name: `tag.${container}`, value: pattern }
  const [{ message, help = 'See `lotse tags --help` to try patterns.' }] = policy.problems
  throw new UserError(message, { help })
}

function fileOf(files: readonly ReadFile[], workload: WorkloadId, folder: string) {
  const found = files.flatMap(({ file, reading }) => {
    const uses = reading.images.filter((use) => use.workload === workload)
    return uses.length === 0 ? [] : [{ file, uses }]
  })
  const [first, second] = found
  if (first === undefined) throw noSuch(workload, folder)
  if (second === undefined) return first
  const all = found.map(({ file }) => file).join(', ')
  throw new UserError(`expected ${workload} in one file, but it is in ${found.length}: ${all}`, {
    help: 'Name a folder that has only one of them.',
  })
}

function noSuch(workload: WorkloadId, folder: string): UserError {
  const { files, problems } = readFolderImages(folder)
  if (files.some(({ reading }) => reading.images.some((use) => use.workload === workload)))
    return new UserError(`annotations of ${workload} say nothing about its image: a marker of Flux v2 does`, {
      help: 'Change the ImagePolicy that the marker names.',
    })
  // It may stand where nobody could read it.
  complainOf(problems)
  return new UserError(`there is no workload ${workload} with an image in ${folder}`, {
    help: `See \`lotse images ${folder}\`.`,
  })
}

function checkContainers(edits: readonly PolicyEdit[], uses: readonly ImageUse[]): void {
  const containers = new Set(uses.map(({ container }) => container))
  const stray = edits.flatMap(({ name, value }) => {
    const container = name.startsWith('tag.') ? name.slice('tag.'.length) : undefined
    return container === undefined || value === undefined || containers.has(container) ? [] : [container]
  })
  if (stray[0] === undefined) return
  throw new UserError(`there is no container \`${stray[0]}\` with an image`, {
    help: `The containers are ${[...containers].slice(0, 20).join(', ')}.`,
  })
}

function inThatFile<T>(file: FilePath, result: Parsed<T>): T {
  if (result.ok) return result.value
  const [first, ...others] = result.problems.map((problem) => formatProblem(inFile(problem, file)))
  throw new UserError(first ?? '', { help: [...others, 'The file is as it was.'].join('\n  ') })
}

function rowOf({ workload, annotation, from, to, file, line }: AnnotationJson): readonly string[] {
  return [workload, annotation, `${from ?? '(none)'} → ${to ?? '(none)'}`, `${file}:${line}`]
}
