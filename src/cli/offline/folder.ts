import { closeSync, constants, type Dirent, fstatSync, lstatSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  clusterOf,
  type Configuration,
  configurationPath,
  parseConfiguration,
} from '../../core/config/configuration.ts'
import { type FilePath, parseFilePath } from '../../core/ids.ts'
import { resolveMarkers } from '../../core/manifest/resolve-markers.ts'
import { readManifest } from '../../core/manifest/workload.ts'
import { guaranteed, inFile, type Parsed, parsed, type Problem, refused } from '../../core/parsed.ts'
import { type ReadFile, withImageRules } from '../../core/release/plan.ts'
import { UserError } from '../../core/user-error.ts'
import { codeOf } from './failure.ts'

const largestFile = 1024 * 1024
// `.github` is for GitHub and for us, and belongs to no cluster.
const skippedFolders: readonly string[] = ['.git', '.github', 'node_modules']

/** Every manifest below a folder, read once, in the order of their names. What cannot be read is a problem of its file. */
export function readFolder(folder: string): readonly ReadFile[] {
  return [...manifestsBelow(folder, entriesOfRoot(folder))].map(({ file, problem }) => {
    const text = problem === undefined ? readText(folder, file) : refused(problem)
    return { file, reading: text.ok ? readManifest(text.value) : { images: [], problems: text.problems } }
  })
}

/**
 * The same with an image in the place of each marker of Flux v2, which may be one of a file that no workload is in, and
 * with what the configuration says of them. A broken configuration hides no image. The problems are those of all files.
 */
export function readFolderImages(folder: string): {
  readonly files: readonly ReadFile[]
  readonly problems: readonly Problem[]
} {
  const found = parseFolderConfiguration(folder)
  const configuration = found.ok ? found.value : guaranteed(parseConfiguration('version: 1'))
  const resolved = resolveMarkers(readFolder(folder), (file) => clusterOf(configuration, file))
  const files = resolved.map((file) => withImageRules(configuration, file))
  return { files, problems: [...(found.ok ? [] : found.problems), ...problemsOf(files)] }
}

function problemsOf(files: readonly ReadFile[]): readonly Problem[] {
  return files.flatMap(({ file, reading }) => reading.problems.map((problem) => inFile(problem, file)))
}

/** A file of at most 1 MiB in UTF-8; no symbolic link is followed to it. */
export function readText(folder: string, file: FilePath): Parsed<string> {
  const bytes = readBytes(join(folder, file))
  if (!bytes.ok) return bytes
  try {
    return parsed(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.value))
  } catch {
    return refused({ message: 'the file is not text', help: 'write it in UTF-8' })
  }
}

/** What `.github/lotse.yaml` of the folder says; without it all of the folder is one cluster. */
export function parseFolderConfiguration(folder: string): Parsed<Configuration> {
  const file = guaranteed(parseFilePath(configurationPath))
  // A `.github` that is a link is none to GitHub, so it is none here.
  const isBelow = ['folder', 'unknown'].includes(whatIsAt(join(folder, '.github')))
  const isThere = isBelow && whatIsAt(join(folder, file)) !== 'nothing'
  const text = isThere ? readText(folder, file) : parsed('version: 1')
  const configuration = text.ok ? parseConfiguration(text.value) : text
  if (configuration.ok) return configuration
  const [first, ...others] = configuration.problems
  return refused(inFile(first, file), ...others.map((problem) => inFile(problem, file)))
}

const noWayThere: readonly string[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']

/** What may not be looked at is unknown: that must not pass for nothing. */
function whatIsAt(path: string): 'folder' | 'no folder' | 'nothing' | 'unknown' {
  try {
    return lstatSync(path).isDirectory() ? 'folder' : 'no folder'
  } catch (cause) {
    return noWayThere.includes(codeOf(cause)) ? 'nothing' : 'unknown'
  }
}

type Found = { readonly file: FilePath; readonly problem?: Problem }

function* manifestsBelow(root: string, entries: readonly Dirent[], folder = ''): Generator<Found> {
  const names = new Set(entries.map(({ name }) => name))
  // A chart is templates and their values: what it brings, the releases of it say.
  if (names.has('Chart.yaml')) return
  for (const entry of entries) {
    const file = guaranteed(parseFilePath(folder === '' ? entry.name : `${folder}/${entry.name}`))
    if (entry.isFile() && /\.ya?ml$/.test(entry.name)) yield { file }
    if (!entry.isDirectory() || skippedFolders.includes(entry.name)) continue
    const below = entriesOf(join(root, file))
    if (below.ok) yield* manifestsBelow(root, below.value, file)
    // What is below is unknown: that must not pass for "there is nothing".
    else yield { file, problem: below.problems[0] }
  }
}

function entriesOfRoot(root: string): readonly Dirent[] {
  const entries = entriesOf(root)
  if (entries.ok) return entries.value
  throw new UserError(`expected a folder, got \`${root}\`: ${entries.problems[0].message}`, {
    help: 'Name a folder with manifests: `.` is the one that you are in.',
  })
}

function entriesOf(folder: string): Parsed<readonly Dirent[]> {
  try {
    return parsed(readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1)))
  } catch (cause) {
    return refused(`the folder cannot be read (${codeOf(cause)})`)
  }
}

function readBytes(path: string): Parsed<Buffer> {
  try {
    // A pipe in the place of a file is not waited for.
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const { size } = fstatSync(file)
      return size > largestFile
        ? refused({ message: `expected at most 1 MiB, got ${size} bytes`, help: 'split the file' })
        : parsed(readFileSync(file))
    } finally {
      closeSync(file)
    }
  } catch (cause) {
    return refused(`the file cannot be read (${codeOf(cause)})`)
  }
}
