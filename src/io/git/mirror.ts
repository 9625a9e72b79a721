import type { BlobSha, BranchName, CommitSha, FilePath } from '../../core/ids.ts'
import { type CopyFolder, openCopyFolder } from './copy-folder.ts'
import type { GitCredential } from './credential.ts'
import { localEnvironment } from './environment.ts'
import { GitError } from './git-error.ts'
import { hasCommit, readContents, readSizes, readTree } from './read.ts'
import { type Remote, fetchBlobs, fetchCommitObjects, readBranch } from './remote.ts'

export type MirrorSettings = {
  /** `https://…`, `ssh://…`, `git@host:path` or `file://…`, without user and password. */
  readonly url: string
  /** Ours alone, and made if it is missing. */
  readonly folder: string
  /** Asked before each conversation with the remote. What it throws comes out of the call. */
  readonly credential: () => Promise<GitCredential>
}

export type MirrorDeps = {
  /** Pino's fits. */
  readonly log: { readonly warn: (fields: object, sentence: string) => void }
  /** Of this process. Git is given of it how the network is reached: `PATH`, proxies, authorities of certificates. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * A copy of the remote that holds what was asked for: commits without history, and of their files only those that were
 * read. Its calls run one after another. Each throws a `GitError`, a `UserError` where git or the folder is not usable,
 * or the reason of its signal.
 */
export type Mirror = {
  /** The branch as it is now; undefined: the one that the remote's HEAD names. Nothing new: nothing is fetched. */
  fetchBranch(branch: BranchName | undefined, signal?: AbortSignal): Promise<BranchHead>
  /** Also one that is on no branch: the head of a pull request. */
  fetchCommit(commit: CommitSha, signal?: AbortSignal): Promise<void>
  /** The files in a folder; `.` is the whole repository. Fetches the commit if it is not there any more. */
  listFiles(commit: CommitSha, under: string, signal?: AbortSignal): Promise<readonly TreeFile[]>
  /** Those that are missing come in one fetch. */
  readBlobs(blobs: readonly BlobSha[], signal?: AbortSignal): Promise<ReadonlyMap<BlobSha, BlobContent>>
  /** How often objects were fetched, for the metrics. */
  fetches(): number
}

export type BranchHead = { readonly branch: BranchName; readonly head: CommitSha }

export type TreeFile = {
  /** Of an oddly named one only for people: what is no path for us is replaced. */
  readonly path: FilePath
  /** Of a submodule: the commit. */
  readonly blob: BlobSha
  readonly kind: 'file' | 'symlink' | 'submodule' | 'oddly-named'
}

export type BlobContent =
  | { readonly kind: 'text'; readonly text: string }
  /** Not UTF-8, or with a zero byte. */
  | { readonly kind: 'binary' }
  /** A pointer to content that Git LFS keeps elsewhere. */
  | { readonly kind: 'lfs-pointer' }
  | { readonly kind: 'too-large'; readonly bytes: number }

const mostPacks = 50
const mostPackBytes = 1024 * 1024 * 1024

export function openMirror(settings: MirrorSettings, deps: MirrorDeps): Mirror {
  const folder = openCopyFolder(settings.folder, deps.environment ?? {})
  const copy: Copy = { folder, settings, deps, fetches: 0, prepared: false }
  let last: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = last.then(() => mended(copy, work))
    last = result.catch(() => undefined)
    return result
  }
  return {
    fetchBranch: (branch, signal) => inTurn(() => fetchBranch(copy, branch, signal)),
    fetchCommit: (commit, signal) => inTurn(() => bring(copy, commit, signal)),
    listFiles: (commit, under, signal) =>
      inTurn(async () => {
        await bring(copy, commit, signal)
        return readTree(folder, commit, under)
      }),
    readBlobs: (blobs, signal) => inTurn(() => readBlobs(copy, blobs, signal)),
    fetches: () => copy.fetches,
  }
}

type Copy = {
  readonly folder: CopyFolder
  readonly settings: MirrorSettings
  readonly deps: MirrorDeps
  fetches: number
  prepared: boolean
}

/** Does the work; and if our copy turns out to be broken, once more with a new one. */
async function mended<T>(copy: Copy, work: () => Promise<T>): Promise<T> {
  try {
    if (!copy.prepared) await copy.folder.prepare()
    copy.prepared = true
    return await work()
  } catch (error) {
    if (!(error instanceof GitError) || error.class !== 'corrupt') throw error
    copy.deps.log.warn({ err: error }, 'the git mirror is cloned anew')
    await copy.folder.startAnew()
    copy.prepared = true
    return work()
  }
}

async function fetchBranch(
  copy: Copy,
  branch: BranchName | undefined,
  signal: AbortSignal | undefined,
): Promise<BranchHead> {
  const found = await readBranch(await connect(copy, signal), branch)
  await bring(copy, found.head, signal)
  return found
}

async function bring(copy: Copy, commit: CommitSha, signal: AbortSignal | undefined): Promise<void> {
  if (await hasCommit(copy.folder, commit)) return
  await keepSmall(copy.folder)
  copy.fetches += 1
  await fetchCommitObjects(await connect(copy, signal), commit)
}

async function readBlobs(
  copy: Copy,
  blobs: readonly BlobSha[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<BlobSha, BlobContent>> {
  const wanted = [...new Set(blobs)]
  if (wanted.length === 0) return new Map()
  const known = await readSizes(copy.folder, wanted)
  const missing = wanted.filter((blob) => !known.has(blob))
  if (missing.length === 0) return readContents(copy.folder, known)
  copy.fetches += 1
  await fetchBlobs(await connect(copy, signal), missing)
  const sizes = await readSizes(copy.folder, wanted)
  const lost = wanted.find((blob) => !sizes.has(blob))
  if (lost !== undefined) throw new GitError('corrupt', `the git mirror does not hold ${lost}, which was fetched`)
  return readContents(copy.folder, sizes)
}

async function connect({ folder, settings }: Copy, signal: AbortSignal | undefined): Promise<Remote> {
  return { folder, url: settings.url, credential: await settings.credential(), signal }
}

/** Each fetch leaves a pack, and nothing ever goes: what is too many becomes one, and what is too much begins anew. */
async function keepSmall(folder: CopyFolder): Promise<void> {
  const { count, bytes } = await folder.packs()
  if (bytes > mostPackBytes) return folder.startAnew()
  if (count <= mostPacks) return
  const answer = await folder.inMirror(['repack', '-a', '-d', '-q'], { environment: localEnvironment(folder.machine) })
  if (answer.code !== 0) await folder.startAnew()
}
