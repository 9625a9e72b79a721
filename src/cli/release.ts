import { type ImageRef, imageName, parseImageRef } from '../core/image/ref.ts'
import { parseTagPolicy, policyAllows } from '../core/image/tag-policy.ts'
import { editScalars, retag } from '../core/manifest/edit.ts'
import type { WorkloadId } from '../core/manifest/resource.ts'
import type { ImageUse } from '../core/manifest/workload.ts'
import { type FilePath } from '../core/ids.ts'
import { inFile, type Problem } from '../core/parsed.ts'
import { UserError } from '../core/user-error.ts'
import { readArguments, WrongCall } from './arguments.ts'
import { readFolderImages, readText } from './offline/folder.ts'
import { type ChangeJson, changeJson } from './offline/json.ts'
import { complainOf, print, printJson, table } from './offline/print.ts'
import { replaceFile } from './offline/replace-file.ts'
import { theFolder, workloadIn } from './offline/words.ts'

const options = {
  image: { type: 'string' },
  workload: { type: 'string' },
  container: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Gives an image another tag, in every file of a folder that may be changed; each file as a whole or not at all. */
export async function runRelease(args: readonly string[]): Promise<number> {
  const { values, words } = readArguments(args, options)
  const folder = theFolder(words)
  const { image, tag } = wantedImage(values.image)
  const narrow = { workload: workloadIn(values.workload), container: values.container }
  const { files, problems: unread } = readFolderImages(folder)
  // The image may be used where nobody could read it.
  complainOf(unread)
  const all = files.flatMap(({ file, reading }) => reading.images.map((use) => ({ file, use })))
  const matching = all.filter(({ use }) => imageName(use.image) === imageName(image))
  const chosen = matching.filter(({ use }) => isChosen(use, narrow))
  const held = chosen.flatMap(heldBack)
  const wanted = chosen.filter(({ use }) => whyHeld(use) === undefined && use.image.tag !== tag)
  const edited = [...Map.groupBy(wanted, ({ file }) => file)].map(([file, uses]) => edit({ folder, file, uses, tag }))

  const changes = edited.flatMap(({ changes }) => changes)
  const problems = [...held, ...edited.flatMap(({ problems }) => problems)]
  if (values.json === true) await printJson({ changes })
  else await print(table(changes.map(rowOf)))
  complainOf([...problems, ...wanted.flatMap((place) => notes(place, tag))])
  if (changes.length > 0) return problems.length > held.length ? 1 : 0
  throw nothingChanged({ image: image.written, folder, matching, chosen, problems })
}

type Place = { readonly file: FilePath; readonly use: ImageUse }

function wantedImage(text: string | undefined): { readonly image: ImageRef; readonly tag: string } {
  if (text === undefined) throw new WrongCall('expected `--image REF:TAG`, got none')
  const image = parseImageRef(text)
  if (!image.ok) throw new WrongCall(image.problems[0].message)
  const { tag, digest } = image.value
  if (tag === undefined || digest !== undefined)
    throw new WrongCall(`expected an image with a tag and without a digest, got \`${text}\``)
  return { image: image.value, tag }
}

type Narrow = { readonly workload: WorkloadId | undefined; readonly container: string | undefined }

function isChosen(use: ImageUse, { workload, container }: Narrow): boolean {
  return (
    (workload === undefined || use.workload === workload) && (container === undefined || use.container === container)
  )
}

function heldBack(place: Place): readonly Problem[] {
  const message = whyHeld(place.use)
  return message === undefined ? [] : [problemOf(place, message)]
}

/** What holds also where a person asks: a lock is one for everybody, and a digest would win over the tag. */
function whyHeld({ automation: { locked, ignored }, image }: ImageUse): string | undefined {
  if (locked !== undefined) return `is locked${locked.message === undefined ? '' : `: ${locked.message.trim()}`}`
  if (ignored) return 'is annotated to be ignored'
  return image.digest === undefined ? undefined : 'is pinned to a digest, which another tag would not change'
}

/** A person may go where the policy does not, but should know it. */
function notes(place: Place, tag: string): readonly Problem[] {
  const { automated, policy } = place.use.automation
  const parsed = policy === undefined ? undefined : parseTagPolicy(policy)
  if (!automated || parsed?.ok !== true || policyAllows(parsed.value, tag)) return []
  return [problemOf(place, `has a policy that does not allow this tag: \`${policy}\``)]
}

function problemOf({ file, use }: Place, message: string): Problem {
  return { message: `${use.workload} ${use.container} ${message}`, at: { file, line: use.line, column: 1 } }
}

type Editing = {
  readonly folder: string
  readonly file: FilePath
  readonly uses: readonly Place[]
  readonly tag: string
}
type Edited = { readonly changes: readonly ChangeJson[]; readonly problems: readonly Problem[] }

function edit({ folder, file, uses, tag }: Editing): Edited {
  const text = readText(folder, file)
  const edits = uses.map(({ use }) => retag(use, tag))
  const edited = text.ok ? editScalars(text.value, edits) : text
  const written = edited.ok ? replaceFile(folder, file, edited.value) : edited
  return written.ok
    ? { changes: uses.map(({ use }) => changeJson({ file, use, to: tag })), problems: [] }
    : { changes: [], problems: written.problems.map((problem) => inFile(problem, file)) }
}

function rowOf({ workload, container, from, to, file, line }: ChangeJson): readonly string[] {
  return [workload, container, `${from ?? '(no tag)'} → ${to}`, `${file}:${line}`]
}

type Nothing = {
  readonly image: string
  readonly folder: string
  readonly matching: readonly Place[]
  readonly chosen: readonly Place[]
  readonly problems: readonly Problem[]
}

function nothingChanged({ image, folder, matching, chosen, problems }: Nothing): UserError {
  if (matching.length === 0)
    return new UserError(`no workload in ${folder} uses this image: ${image}`, {
      help: `See \`lotse images ${folder}\`.`,
    })
  if (chosen.length === 0) {
    const users = [...new Set(matching.map(({ use }) => `${use.workload} ${use.container}`))].slice(0, 20)
    return new UserError(`the image is not used there: ${image}`, { help: `It is used by ${users.join(', ')}.` })
  }
  return problems.length === 0
    ? new UserError(`nothing to change: ${image} is there already`, { help: 'Choose another tag.' })
    : new UserError('nothing was changed', { help: 'The reasons are above.' })
}
