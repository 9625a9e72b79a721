import { createHash } from 'node:crypto'
import { type BlobSha, type CommitSha, type FilePath, parseBlobSha, parseFilePath } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import type { CopyFolder } from './copy-folder.ts'
import { readable } from './failure.ts'
import { GitError } from './git-error.ts'
import type { BlobContent, TreeFile } from './mirror.ts'
import type { GitAnswer } from './run.ts'

const mostFiles = 20_000
const mostBytes = 1024 * 1024
const mostBytesTogether = 64 * 1024 * 1024

export async function hasCommit(folder: CopyFolder, commit: CommitSha): Promise<boolean> {
  const { code, stdout } = await folder.read(['cat-file', '-t', commit])
  return code === 0 && stdout.toString('latin1').trim() === 'commit'
}

export async function readTree(folder: CopyFolder, commit: CommitSha, under: string): Promise<readonly TreeFile[]> {
  const paths = under === '.' ? [] : [under]
  const answer = await folder.read(['ls-tree', '-r', '-z', '--full-tree', '--', commit, ...paths])
  if (answer.cut === 'too-much') throw tooManyFiles(under)
  if (answer.code !== 0) throw broken(answer)
  const files: TreeFile[] = []
  for (const entry of splitAtZeros(answer.stdout)) {
    if (files.length === mostFiles) throw tooManyFiles(under)
    files.push(parseEntry(entry))
  }
  return files
}

function tooManyFiles(under: string): GitError {
  return new GitError('too-large', `expected at most ${mostFiles} files under ${under}, got more`, {
    help: 'name a smaller folder as the path of the cluster',
  })
}

function* splitAtZeros(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0, start)
    yield bytes.subarray(start, end)
    start = end + 1
  }
}

const kinds: Readonly<Record<string, TreeFile['kind']>> = { '120000': 'symlink', '160000': 'submodule' }

/** `100644 blob 6c5…\tapps/web.yaml` */
function parseEntry(entry: Buffer): TreeFile {
  const tab = entry.indexOf('\t')
  const [mode = '', , sha = ''] = entry.toString('latin1', 0, tab).split(' ')
  const name = decode(entry.subarray(tab + 1))
  const path = name === undefined ? undefined : parseFilePath(name)
  const blob = guaranteed(parseBlobSha(sha))
  if (path?.ok === true) return { path: path.value, blob, kind: kinds[mode] ?? 'file' }
  return { path: forPeople(entry.toString('utf8', tab + 1)), blob, kind: 'oddly-named' }
}

/** Git lets a tree hold `..`, and bytes that are no text. */
function forPeople(name: string): FilePath {
  const segments = name.split('/').map((segment) => (['', '.', '..'].includes(segment) ? '\uFFFD' : segment))
  return guaranteed(parseFilePath(segments.join('/')))
}

/** The size of each blob that is there; one that is not in the answer is missing. */
export async function readSizes(folder: CopyFolder, blobs: readonly BlobSha[]): Promise<ReadonlyMap<BlobSha, number>> {
  const answer = await folder.read(
    ['cat-file', '--buffer', '--batch-check=%(objectname) %(objecttype) %(objectsize)'],
    {
      input: lines(blobs),
    },
  )
  if (answer.code !== 0) throw broken(answer)
  const sizes = new Map<BlobSha, number>()
  for (const line of answer.stdout.toString('latin1').trim().split('\n')) {
    const [sha = '', type, size] = line.split(' ')
    if (type === 'blob') sizes.set(guaranteed(parseBlobSha(sha)), Number(size))
  }
  return sizes
}

/** Blobs that are all there. */
export async function readContents(
  folder: CopyFolder,
  sizes: ReadonlyMap<BlobSha, number>,
): Promise<ReadonlyMap<BlobSha, BlobContent>> {
  const contents = new Map<BlobSha, BlobContent>()
  for (const [blob, bytes] of sizes) if (bytes > mostBytes) contents.set(blob, { kind: 'too-large', bytes })
  const readable = [...sizes].filter(([blob]) => !contents.has(blob))
  refuseTooMuch(readable.reduce((sum, [, bytes]) => sum + bytes, 0))
  if (readable.length === 0) return contents
  const wanted = readable.map(([blob]) => blob)
  const answer = await folder.read(['cat-file', '--buffer', '--batch'], { input: lines(wanted) })
  if (answer.code !== 0) throw broken(answer)
  for (const [blob, bytes] of splitBatch(answer.stdout, wanted)) contents.set(blob, contentOf(bytes))
  return contents
}

function refuseTooMuch(bytes: number): void {
  if (bytes <= mostBytesTogether) return
  throw new GitError('too-large', `expected manifests of at most ${mostBytesTogether} bytes, got ${bytes}`, {
    help: 'name a smaller folder as the path of the cluster',
  })
}

/** `<id> blob <size>\n<bytes>\n`, in the order asked for. What is not what its id says is refused. */
function* splitBatch(output: Buffer, wanted: readonly BlobSha[]): Generator<readonly [BlobSha, Buffer]> {
  let at = 0
  for (const blob of wanted) {
    const end = output.indexOf('\n', at)
    const [sha, type, size] = output.toString('latin1', at, end).split(' ')
    const bytes = output.subarray(end + 1, end + 1 + Number(size))
    if (end < 0 || sha !== blob || type !== 'blob' || idOf(bytes, blob) !== blob) {
      throw new GitError('corrupt', `the git mirror holds something else as ${blob}`)
    }
    yield [blob, bytes]
    at = end + 1 + bytes.length + 1
  }
}

function idOf(bytes: Buffer, like: BlobSha): string {
  const hash = createHash(like.length === 40 ? 'sha1' : 'sha256')
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

function contentOf(bytes: Buffer): BlobContent {
  const text = bytes.includes(0) ? undefined : decode(bytes)
  if (text === undefined) return { kind: 'binary' }
  return text.startsWith('version https://git-lfs.github.com/spec/') ? { kind: 'lfs-pointer' } : { kind: 'text', text }
}

/** With its byte order mark: a reader of YAML knows what it is. */
function decode(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function lines(blobs: readonly BlobSha[]): string {
  return blobs.map((blob) => `${blob}\n`).join('')
}

function broken(answer: GitAnswer): GitError {
  return new GitError('corrupt', 'the git mirror is broken', { cause: new Error(readable(answer.stderr, undefined)) })
}
