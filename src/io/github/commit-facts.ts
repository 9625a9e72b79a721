import type { Octokit } from '@octokit/rest'
import { type BranchName, type FilePath, type RepoName, parseCommitSha } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import type { CommitFacts, PastCommit } from '../../core/release/commit-decision.ts'
import { parseReleaseTrailer } from '../../core/release/trailer.ts'
import { type GitActorAnswer, authorId, committerId } from './actor.ts'
import { graphql } from './graphql.ts'
import { type ProtectionAnswer, protectionOf } from './protection.ts'
import { inPieces } from './pieces.ts'
import { ownerAndName } from './repository-name.ts'

export const pastFragment =
  'fragment Past on Commit { oid committedDate message author { ...Actor } committer { ...Actor } }'

/** Of a commit: what the files `$file0` … have been through until it. */
export const histories = (files: number): string =>
  each(files, (i) => `past${i}: history(first: ${lastCommits}, path: $file${i}) { nodes { ...Past } }\n`)

export const commitFactsQuery = (files: number): string => `
query CommitFacts($owner: String!, $name: String!, $branch: String!${each(files, (i) => `, $file${i}: String!`)}) {
  repository(owner: $owner, name: $name) {
    base: ref(qualifiedName: $branch) {
      refUpdateRule { pattern }
      rules(first: 100) { pageInfo { hasNextPage } nodes { type } }
      target { ... on Commit { ${histories(files)} } }
    }
  }
}
${pastFragment}
fragment Actor on GitActor { email user { databaseId } }`

/** What somebody took back longer ago than so many commits of its file is forgotten. */
const lastCommits = 20
/** Each history costs GitHub a walk. */
export const filesAtOnce = 50

type Answer = { readonly repository: { readonly base: BaseAnswer | null } }
type BaseAnswer = ProtectionAnswer & {
  readonly target: PastsAnswer
}
export type PastsAnswer = { readonly [past: `past${number}`]: { readonly nodes: readonly PastAnswer[] } }
type PastAnswer = {
  readonly oid: string
  readonly committedDate: string
  readonly message: string
  readonly author: GitActorAnswer
  readonly committer: GitActorAnswer
}

/** What only a commit to the branch itself asks: whether it is protected, and what the files have been through. */
export async function readCommitFacts(
  octokit: Octokit,
  where: { readonly repository: RepoName; readonly branch: BranchName; readonly files: readonly FilePath[] },
): Promise<Pick<CommitFacts, 'protectedBy' | 'history'>> {
  const [owner, name] = ownerAndName(where.repository)
  let protectedBy: readonly string[] = []
  const history = new Map<FilePath, readonly PastCommit[]>()
  await inPieces(where.files, filesAtOnce, async (files) => {
    const { repository } = await graphql<Answer>(octokit, commitFactsQuery(files.length), {
      owner,
      name,
      branch: `refs/heads/${where.branch}`,
      ...Object.fromEntries(files.map((file, i) => [`file${i}`, file])),
    })
    protectedBy = protectionOf(repository.base)
    for (const [file, past] of pastOf(files, repository.base?.target ?? {})) history.set(file, past)
  })
  return { protectedBy, history }
}

export function pastOf(files: readonly FilePath[], answer: PastsAnswer): ReadonlyMap<FilePath, readonly PastCommit[]> {
  return new Map(files.map((file, i) => [file, (answer[`past${i}`]?.nodes ?? []).map(pastCommit)]))
}

function pastCommit({ oid, committedDate, message, author, committer }: PastAnswer): PastCommit {
  return {
    head: guaranteed(parseCommitSha(oid)),
    committedMs: Date.parse(committedDate),
    author: authorId(author),
    committer: committerId(committer),
    marker: parseReleaseTrailer(message),
  }
}

function each(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join('')
}
