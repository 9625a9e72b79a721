import type { Octokit } from '@octokit/rest'
import {
  type BranchName,
  type CommitSha,
  type RepoId,
  parseBranchName,
  parseCommitSha,
  parsePullNumber,
  parseRepoId,
} from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { GitHubUnavailable } from './errors.ts'
import { graphql } from './graphql.ts'
import type { OpenPull } from './open-pulls.ts'

// One connection for each repository, and none in it: fifty repositories cost one point of the 5,000 in an hour.
export const glanceQuery = `
query Glance($ids: [ID!]!) {
  rateLimit { limit remaining }
  nodes(ids: $ids) {
    ... on Repository {
      databaseId
      defaultBranchRef { name target { oid } }
      pullRequests(states: OPEN, first: 100) { totalCount nodes { number headRefOid baseRefName } }
    }
  }
}`

type RepositoryAnswer = {
  readonly databaseId: number
  /** null: it is empty. */
  readonly defaultBranchRef: { readonly name: string; readonly target: { readonly oid: string } } | null
  readonly pullRequests: {
    readonly totalCount: number
    readonly nodes: readonly { readonly number: number; readonly headRefOid: string; readonly baseRefName: string }[]
  }
}
type GlanceAnswer = {
  readonly rateLimit: { readonly limit: number; readonly remaining: number } | null
  readonly nodes: readonly (RepositoryAnswer | null)[]
}

/** What shows whether anything moved in a repository. */
export type Glance = {
  /** Of the default branch. */
  readonly head: CommitSha | undefined
  readonly open: readonly (OpenPull & { readonly base: BranchName })[]
  /** false: more are open than these. */
  readonly complete: boolean
}

const repositoriesPerQuery = 50
/** What is below it is left to releases and people: a refresh can wait, and nothing is lost meanwhile. */
const keptShare = 0.2
const putOffMs = 600_000

/** By what GraphQL calls them. One that is gone, or that the app may not see, is left out. */
export async function glanceAt(octokit: Octokit, nodes: readonly string[]): Promise<ReadonlyMap<RepoId, Glance>> {
  const glances = new Map<RepoId, Glance>()
  for (let start = 0; start < nodes.length; start += repositoriesPerQuery) {
    const answer = await ask(octokit, nodes.slice(start, start + repositoriesPerQuery))
    for (const repository of answer.nodes) {
      if (repository !== null) glances.set(guaranteed(parseRepoId(repository.databaseId)), glanceOf(repository))
    }
    const { rateLimit } = answer
    if (rateLimit !== null && rateLimit.remaining < rateLimit.limit * keptShare) throw kept(rateLimit.remaining)
  }
  return glances
}

/** What cannot be shown is an error in its place, and the others are beside it. */
async function ask(octokit: Octokit, ids: readonly string[]): Promise<GlanceAnswer> {
  try {
    return await graphql<GlanceAnswer>(octokit, glanceQuery, { ids })
  } catch (error) {
    if (holdsAnswer(error)) return error.data
    throw error
  }
}

function holdsAnswer(error: unknown): error is Error & { readonly data: GlanceAnswer } {
  if (!(error instanceof Error) || !('data' in error)) return false
  const { data } = error
  return typeof data === 'object' && data !== null && 'nodes' in data && Array.isArray(data.nodes)
}

function glanceOf({ defaultBranchRef, pullRequests: { nodes, totalCount } }: RepositoryAnswer): Glance {
  return {
    head: defaultBranchRef === null ? undefined : guaranteed(parseCommitSha(defaultBranchRef.target.oid)),
    open: nodes.map(({ number, headRefOid, baseRefName }) => ({
      number: guaranteed(parsePullNumber(number)),
      head: guaranteed(parseCommitSha(headRefOid)),
      base: guaranteed(parseBranchName(baseRefName)),
    })),
    complete: nodes.length === totalCount,
  }
}

function kept(remaining: number): GitHubUnavailable {
  return new GitHubUnavailable(`GitHub's hourly limit leaves ${remaining}, which are kept for releases`, {
    cause: undefined,
    retryAfterMs: putOffMs,
  })
}
