import { type FilePath, parseFilePath } from '../ids.ts'
import { type Parsed, type Problem, parsed, refused } from '../parsed.ts'
import { textsUnder } from './shape.ts'
import { type Entry } from './source.ts'

/** The folder of a cluster's manifests; `.` is the whole repository. */
export type ClusterPath = FilePath | '.'

const whole: ClusterPath = '.'

const longest = 255

export function parseClusterPath(text: string): Parsed<ClusterPath> {
  if (text === whole) return parsed(whole)
  if (text.length > longest) return refused(`expected a path of at most ${longest} characters, got ${text.length}`)
  if (/[\n\\]|^\s|\s$/.test(text)) return refused('expected a path with `/` between folders and no blanks around it')
  const path = parseFilePath(text)
  if (!path.ok) return refused({ ...path.problems[0], help: `write ${suggested(text)}` })
  return isIn(path.value, '.github')
    ? refused({ message: 'expected a folder of manifests, got `.github`', help: 'it holds workflows and this file' })
    : path
}

function suggested(text: string): string {
  const trimmed = text.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '')
  return parseFilePath(trimmed).ok ? `\`${trimmed}\`` : '`.` for the whole repository'
}

/** A file belongs to one cluster, so no path may be, or lie in, that of another. */
export function overlappingPaths(clusters: readonly Entry[]): readonly Problem[] {
  const written = clusters.flatMap(({ key, value }) =>
    textsUnder(value, 'path').flatMap(({ text, at }) => {
      const path = parseClusterPath(text)
      return path.ok ? [{ name: key, path: path.value, at }] : []
    }),
  )
  const owners = new Map<string, string>()
  for (const { name, path } of written) if (!owners.has(path)) owners.set(path, name)
  return written.flatMap(({ name, path, at }) => {
    const outer = containing(path).find((folder) => owners.has(folder) && owners.get(folder) !== name)
    if (outer === undefined) return []
    const relation =
      outer === path
        ? `is that of cluster \`${owners.get(outer)}\` too`
        : `lies in \`${outer}\` of cluster \`${owners.get(outer)}\``
    return [
      {
        message: `expected a path of its own, but \`${path}\` ${relation}`,
        at,
        help: 'give each cluster its own folder',
      },
    ]
  })
}

/** The path itself, then the folders around it, the nearest first. Quadratic: for paths that are short. */
function containing(path: ClusterPath): readonly string[] {
  if (path === whole) return [whole]
  const segments = path.split('/')
  return [...segments.map((_, index) => segments.slice(0, segments.length - index).join('/')), whole]
}

/** Whether the file is the folder, or lies in it. */
export function isIn(file: string, folder: string): boolean {
  return folder === whole || file === folder || file.startsWith(`${folder}/`)
}
