import { createHash } from 'node:crypto'
import type { Octokit } from '@octokit/rest'
import { type CommitSha, type FilePath, type RepoName, parseBlobSha } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { readBlob } from './blobs.ts'
import type { FileText } from './branch.ts'
import { GitHubUnavailable } from './errors.ts'
import { graphql } from './graphql.ts'
import { inPieces } from './pieces.ts'
import { ownerAndName } from './repository-name.ts'

/** Of a commit: the files `$file0` …, each with its text. */
export const filesOf = (files: number): string =>
  each(files, (i) => `file${i}: file(path: $file${i}) { mode object { ... on Blob { oid text isTruncated } } }\n`)

export const fileVariables = (files: number): string => each(files, (i) => `, $file${i}: String!`)

export const commitFilesQuery = (files: number): string => `
query CommitFiles($owner: String!, $name: String!, $commit: GitObjectID!${fileVariables(files)}) {
  repository(owner: $owner, name: $name) { object(oid: $commit) { ... on Commit { ${filesOf(files)} } } }
}`

export type FilesAnswer = { readonly [file: `file${number}`]: FileAnswer | null }
type FileAnswer = { readonly mode: number; readonly object: BlobAnswer | NoBlob | null }
type BlobAnswer = { readonly oid: string; readonly text: string | null; readonly isTruncated: boolean }
/** A folder, of which nothing was asked. */
type NoBlob = { readonly oid?: undefined }
type Answer = { readonly repository: { readonly object: FilesAnswer | null } }

export type CommitFiles = {
  readonly repository: RepoName
  readonly commit: CommitSha
  readonly files: readonly FilePath[]
}

/** Files as they are at one commit, in queries of at most so many. */
export async function readCommitFiles(
  octokit: Octokit,
  { repository, commit, files }: CommitFiles,
  most: number,
): Promise<ReadonlyMap<FilePath, FileText>> {
  const [owner, name] = ownerAndName(repository)
  const pages = await inPieces(files, most, async (piece) => {
    const variables = { owner, name, commit, ...namedFiles(piece) }
    const answer = await graphql<Answer>(octokit, commitFilesQuery(piece.length), variables)
    const found = answer.repository.object
    if (found === null) {
      throw new GitHubUnavailable(`GitHub does not know commit ${commit} of ${repository} yet`, { cause: undefined })
    }
    return exactTexts(octokit, repository, { files: piece, answer: found })
  })
  return new Map(pages.flatMap((page) => [...page]))
}

export function namedFiles(files: readonly FilePath[]): Readonly<Record<string, FilePath>> {
  return Object.fromEntries(files.map((file, i) => [`file${i}`, file]))
}

/** A file that is not there, or is no text, is absent. */
export async function exactTexts(
  octokit: Octokit,
  repository: RepoName,
  { files, answer }: { readonly files: readonly FilePath[]; readonly answer: FilesAnswer },
): Promise<ReadonlyMap<FilePath, FileText>> {
  const texts = await Promise.all(
    files.map(async (file, i) => [file, await exactText(octokit, repository, answer[`file${i}`])] as const),
  )
  return new Map(texts.flatMap(([file, text]) => (text === undefined ? [] : [[file, text]])))
}

/** GraphQL gives text, not bytes. Only text that hashes to the blob's own id is taken for its bytes. */
async function exactText(
  octokit: Octokit,
  repository: RepoName,
  file: FileAnswer | null | undefined,
): Promise<FileText | undefined> {
  if (file === null || file === undefined || file.object?.oid === undefined) return undefined
  const blob = file.object
  const exact = !blob.isTruncated && blob.text !== null && hashesTo(blob.text, blob.oid)
  const text = exact ? blob.text : await readBlob(octokit, repository, guaranteed(parseBlobSha(blob.oid)))
  return text === undefined || text === null
    ? undefined
    : { text, mode: file.mode === executable ? '100755' : '100644' }
}

const executable = 0o100755

function hashesTo(text: string, oid: string): boolean {
  const bytes = Buffer.from(text)
  const algorithm = oid.length === 64 ? 'sha256' : 'sha1'
  return createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex') === oid
}

function each(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join('')
}
