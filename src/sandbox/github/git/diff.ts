import { git } from './run.ts'

export type FileChange = {
  readonly path: string
  readonly previousPath: string | undefined
  readonly status: 'added' | 'removed' | 'modified' | 'renamed' | 'copied' | 'changed'
  /** Of the blob after the change; before it, for a removed file. */
  readonly sha: string
  readonly additions: number
  readonly deletions: number
  /** The hunks, without git's header; undefined for a binary file or a pure rename. */
  readonly patch: string | undefined
}

/** What changed between two trees or commits, as GitHub lists it: renames found, hunks with three lines of context. */
export async function diffFiles(path: string, from: string, to: string): Promise<readonly FileChange[]> {
  const text = await git(path, [
    'diff-tree',
    '-r',
    '-M',
    '--raw',
    '--numstat',
    '--patch',
    '-z',
    '--abbrev=40',
    from,
    to,
  ])
  const { raw, numbers, rest } = readRaw(text)
  const patches = readPatches(rest)
  return raw.map((change, i) => ({ ...change, ...(numbers[i] ?? noLines), patch: patches[i] }))
}

/** The whole diff as text, as the `diff` media type gives it. */
export async function diffText(path: string, from: string, to: string): Promise<string> {
  return git(path, ['diff-tree', '-r', '-M', '--patch', '--full-index', from, to])
}

type RawChange = Pick<FileChange, 'path' | 'previousPath' | 'status' | 'sha'>
type Lines = Pick<FileChange, 'additions' | 'deletions'>
const noLines: Lines = { additions: 0, deletions: 0 }

/** `:mode mode sha sha X\0path\0[path\0]…` then `added\tdeleted\tpath\0` (a rename: `added\tdeleted\t\0from\0to\0`). */
function readRaw(text: string): { readonly raw: RawChange[]; readonly numbers: Lines[]; readonly rest: string } {
  const raw: RawChange[] = []
  const numbers: Lines[] = []
  let at = 0
  const take = (): string => {
    const end = text.indexOf('\0', at)
    const field = text.slice(at, end)
    at = end + 1
    return field
  }
  while (text[at] === ':') {
    const [, , before = '', after = '', letter = ''] = take().split(' ')
    const first = take()
    const renamed = letter.startsWith('R') || letter.startsWith('C')
    raw.push({
      path: renamed ? take() : first,
      previousPath: renamed ? first : undefined,
      status: statusOf(letter),
      sha: letter === 'D' ? before : after,
    })
  }
  while (numbers.length < raw.length) {
    const [additions = '0', deletions = '0', path = ''] = take().split('\t')
    if (path === '') at = text.indexOf('\0', text.indexOf('\0', at) + 1) + 1
    numbers.push({ additions: Number(additions) || 0, deletions: Number(deletions) || 0 })
  }
  return { raw, numbers, rest: text.slice(at).replace(/^\0/, '') }
}

function statusOf(letter: string): FileChange['status'] {
  switch (letter.charAt(0)) {
    case 'A':
      return 'added'
    case 'D':
      return 'removed'
    case 'R':
      return 'renamed'
    case 'C':
      return 'copied'
    case 'T':
      return 'changed'
    default:
      return 'modified'
  }
}

function readPatches(text: string): readonly (string | undefined)[] {
  return text
    .split(/^diff --git .*\n/m)
    .slice(1)
    .map((part) => {
      const hunks = part.search(/^@@ /m)
      return hunks === -1 ? undefined : part.slice(hunks).replace(/\n$/, '')
    })
}
