import type { BlobSha, BranchName, CommitSha, FilePath } from '../../core/ids.ts'
import type { GitCredential } from './credential.ts'

export type MirrorSettings = {
  /** `https://…`, `ssh://…`, `git@host:path` or `file://…`, without user and password. */
  readonly url: string
  /** Ours alone, and made if it is missing. */
  readonly folder: string
  /** Asked before each conversation with the remote. What it throws comes out of the call. */
  readonly credential: () => Promise<GitCredential>
}

/** What the mirror needs of a logger; pino's fits. */
export type MirrorDeps = { readonly log: { readonly warn: (fields: object, sentence: string) => void } }

/**
 * A copy of the remote that holds what was asked for: commits without history, and of their files only those that were
 * read. Its calls run one after another. Each throws a `GitError`, or the reason of its signal.
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

export declare function openMirror(settings: MirrorSettings, deps: MirrorDeps): Mirror
