import { createHash } from 'node:crypto'
import type { Octokit } from '@octokit/rest'
import {
  type BranchName,
  type CommitSha,
  type FilePath,
  type RepoName,
  type UserId,
  parseBlobSha,
  parseCommitSha,
  parsePullNumber,
  parseTreeSha,
  parseUserId,
} from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import type { BranchFacts, PullFacts, ReleaseFacts } from '../../core/release/decide.ts'
import { parseReleaseMarker } from '../../core/release/marker.ts'
import { type GitActorAnswer, authorId } from './actor.ts'
import { graphql } from './graphql.ts'
import { readBlob } from './blobs.ts'
import { ownerAndName } from './repository-name.ts'

/** What GitHub knows about one release branch, its pull requests, and the files to edit at the base's head. */
export type ReleaseState = Omit<ReleaseFacts, 'bot'> & {
  /** GraphQL's id of the repository, for `updateRefs`. */
  readonly repositoryNode: string
  /** The text of each file at the base's head; a file that is not there is absent. */
  readonly files: ReadonlyMap<FilePath, string>
}

export type ReleaseQuestion = {
  readonly repository: RepoName
  readonly base: BranchName
  readonly branch: BranchName
  readonly files: readonly FilePath[]
}

export const releaseFactsQuery = (files: number): string => `
query ReleaseFacts($owner: String!, $name: String!, $base: String!, $branch: String!, $head: String!${each(files, (i) => `, $file${i}: String!`)}) {
  repository(owner: $owner, name: $name) {
    id
    base: ref(qualifiedName: $base) { target { oid ... on Commit { tree { oid } } } }
    branch: ref(qualifiedName: $branch) {
      target { oid ... on Commit { tree { oid } parents(first: 3) { nodes { oid } } author { email user { databaseId } } } }
    }
    pullRequests(headRefName: $head, first: 10, orderBy: { field: CREATED_AT, direction: DESC }) {
      nodes {
        number state title body isCrossRepository
        author { __typename ... on Bot { databaseId } ... on User { databaseId } }
        timelineItems(itemTypes: [CLOSED_EVENT], last: 1) { nodes { ... on ClosedEvent { actor { __typename } } } }
      }
    }
    ${each(files, (i) => `file${i}: object(expression: $file${i}) { ... on Blob { oid text isTruncated } }\n`)}
  }
}`

type Answer = {
  readonly repository: {
    readonly id: string
    readonly base: { readonly target: { readonly oid: string; readonly tree: { readonly oid: string } } } | null
    readonly branch: { readonly target: BranchAnswer } | null
    readonly pullRequests: { readonly nodes: readonly PullAnswer[] }
    readonly [file: `file${number}`]: BlobAnswer | null
  }
}
type BranchAnswer = {
  readonly oid: string
  readonly tree: { readonly oid: string }
  readonly parents: { readonly nodes: readonly { readonly oid: string }[] }
  readonly author: GitActorAnswer
}
type PullAnswer = {
  readonly number: number
  readonly state: 'OPEN' | 'CLOSED' | 'MERGED'
  readonly title: string
  readonly body: string
  readonly isCrossRepository: boolean
  readonly author: { readonly databaseId?: number } | null
  readonly timelineItems: { readonly nodes: readonly { readonly actor: { readonly __typename: string } | null }[] }
}
type BlobAnswer = { readonly oid: string; readonly text: string | null; readonly isTruncated: boolean }

/**
 * One query for all of it, whatever the number of files. `at` is the commit whose files are asked for: what the plan
 * was made from; when the base has moved since, `base.head` differs and the caller reads the repository again.
 */
export async function readReleaseState(
  octokit: Octokit,
  { repository, base, branch, files }: ReleaseQuestion,
  at: CommitSha,
): Promise<ReleaseState | undefined> {
  const [owner, name] = ownerAndName(repository)
  const answer = await graphql<Answer>(octokit, releaseFactsQuery(files.length), {
    owner,
    name,
    base: `refs/heads/${base}`,
    branch: `refs/heads/${branch}`,
    head: branch,
    ...Object.fromEntries(files.map((file, i) => [`file${i}`, `${at}:${file}`])),
  })
  const found = answer.repository
  if (found.base === null) return undefined
  const texts = await Promise.all(
    files.map(async (file, i) => [file, await exactText(octokit, repository, found[`file${i}`])] as const),
  )
  return {
    repositoryNode: found.id,
    base: {
      head: guaranteed(parseCommitSha(found.base.target.oid)),
      tree: guaranteed(parseTreeSha(found.base.target.tree.oid)),
    },
    branch: found.branch === null ? undefined : branchFacts(found.branch.target),
    pulls: found.pullRequests.nodes.filter((pull) => !pull.isCrossRepository).map(pullFacts),
    files: new Map(texts.flatMap(([file, text]) => (text === undefined ? [] : [[file, text]]))),
  }
}

/** GraphQL gives text, not bytes. Only text that hashes to the blob's own id is taken for its bytes. */
async function exactText(
  octokit: Octokit,
  repository: RepoName,
  blob: BlobAnswer | null | undefined,
): Promise<string | undefined> {
  if (blob === null || blob === undefined) return undefined
  if (!blob.isTruncated && blob.text !== null && hashesTo(blob.text, blob.oid)) return blob.text
  return readBlob(octokit, repository, guaranteed(parseBlobSha(blob.oid)))
}

function hashesTo(text: string, oid: string): boolean {
  const bytes = Buffer.from(text)
  const algorithm = oid.length === 64 ? 'sha256' : 'sha1'
  return createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex') === oid
}

function branchFacts({ oid, tree, parents, author }: BranchAnswer): BranchFacts {
  return {
    head: guaranteed(parseCommitSha(oid)),
    tree: guaranteed(parseTreeSha(tree.oid)),
    parents: parents.nodes.map((parent) => guaranteed(parseCommitSha(parent.oid))),
    author: authorId(author),
  }
}

const states = { OPEN: 'open', CLOSED: 'closed', MERGED: 'merged' } as const

function pullFacts(pull: PullAnswer): PullFacts {
  return {
    number: guaranteed(parsePullNumber(pull.number)),
    state: states[pull.state],
    title: pull.title,
    body: pull.body.replaceAll('\r\n', '\n'),
    author: userId(pull.author),
    marker: parseReleaseMarker(pull.body),
    closedBy: closer(pull.timelineItems.nodes.at(-1)?.actor),
  }
}

function userId(author: { readonly databaseId?: number } | null): UserId | undefined {
  return author?.databaseId === undefined ? undefined : guaranteed(parseUserId(author.databaseId))
}

function closer(actor: { readonly __typename: string } | null | undefined): PullFacts['closedBy'] {
  if (actor === null || actor === undefined) return 'nobody'
  return actor.__typename === 'Bot' ? 'bot' : 'person'
}

function each(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join('')
}
