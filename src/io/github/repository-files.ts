import type { Octokit } from '@octokit/rest'
import {
  type BlobSha,
  type BranchName,
  type CommitSha,
  type FilePath,
  type RepoName,
  parseBlobSha,
  parseCommitSha,
  parseFilePath,
} from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { readBlob } from './blobs.ts'
import { GitHubUnavailable, hasStatus } from './errors.ts'
import { graphql } from './graphql.ts'
import { inPieces } from './pieces.ts'
import { ownerAndName } from './repository-name.ts'

export type FileAtCommit = { readonly path: FilePath; readonly blob: BlobSha; readonly bytes: number }

/** The head of a branch; undefined: there is no such branch, as in an empty repository. */
export async function readHead(
  octokit: Octokit,
  repository: RepoName,
  branch: BranchName,
): Promise<CommitSha | undefined> {
  const [owner, repo] = ownerAndName(repository)
  try {
    const { data } = await octokit.rest.git.getRef({ owner, repo, ref: `heads/${branch}` })
    return guaranteed(parseCommitSha(data.object.sha))
  } catch (error) {
    if (hasStatus(error, 404, 409)) return undefined
    throw error
  }
}

/** Every file of a commit in one call; `complete` is false when the tree was too large for one answer. */
export async function listFiles(
  octokit: Octokit,
  repository: RepoName,
  commit: CommitSha,
): Promise<{ readonly files: readonly FileAtCommit[]; readonly complete: boolean }> {
  const [owner, repo] = ownerAndName(repository)
  const { data } = await octokit.rest.git.getTree({ owner, repo, tree_sha: commit, recursive: 'true' })
  const files = data.tree.flatMap((entry) => {
    // Links (120000) and submodules are nobody's manifest; a path that git allows and we do not is left out.
    if (entry.type !== 'blob' || entry.mode === '120000') return []
    const path = parseFilePath(entry.path)
    return path.ok ? [{ path: path.value, blob: guaranteed(parseBlobSha(entry.sha)), bytes: entry.size ?? 0 }] : []
  })
  return { files, complete: !data.truncated }
}

const blobsPerQuery = 50

export const blobsQuery = (count: number): string => {
  const indexes = Array.from({ length: count }, (_, index) => index)
  return `
query Blobs($owner: String!, $name: String!${indexes.map((i) => `, $blob${i}: GitObjectID!`).join('')}) {
  repository(owner: $owner, name: $name) {
    ${indexes.map((i) => `blob${i}: object(oid: $blob${i}) { ... on Blob { text isTruncated isBinary } }`).join('\n')}
  }
}`
}

type BlobAnswer = {
  readonly text: string | null
  readonly isTruncated: boolean
  /** null: GitHub cannot tell. */
  readonly isBinary: boolean | null
}
type BlobsAnswer = { readonly repository: { readonly [blob: `blob${number}`]: BlobAnswer | null } }

/**
 * The texts of blobs, at most fifty to a query; undefined: it is no text. The blobs are those of a commit that GitHub has shown,
 * so one that it does not know comes from a copy that lags behind, and is not taken for an empty file.
 */
export async function readTexts(
  octokit: Octokit,
  repository: RepoName,
  blobs: readonly BlobSha[],
): Promise<ReadonlyMap<BlobSha, string | undefined>> {
  const [owner, name] = ownerAndName(repository)
  const texts = new Map<BlobSha, string | undefined>()
  await inPieces(blobs, blobsPerQuery, async (page) => {
    const variables = Object.fromEntries(page.map((blob, i) => [`blob${i}`, blob]))
    const answer = await graphql<BlobsAnswer>(octokit, blobsQuery(page.length), { owner, name, ...variables })
    for (const [i, blob] of page.entries()) {
      const found = answer.repository[`blob${i}`] ?? undefined
      if (found === undefined) throw unknownYet(repository, blob)
      const whole = found.isBinary === true || (found.text !== null && !found.isTruncated)
      texts.set(blob, whole ? (found.text ?? undefined) : await readBlob(octokit, repository, blob))
    }
  })
  return texts
}

function unknownYet(repository: RepoName, blob: BlobSha): GitHubUnavailable {
  return new GitHubUnavailable(`GitHub does not know blob ${blob} of ${repository} yet`, { cause: undefined })
}
