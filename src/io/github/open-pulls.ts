import type { Octokit } from '@octokit/rest'
import {
  type BranchName,
  type CommitSha,
  type PullNumber,
  type RepoName,
  parseCommitSha,
  parsePullNumber,
} from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { graphql } from './graphql.ts'
import { ownerAndName } from './repository-name.ts'

export const openPullsQuery = `
query OpenPulls($owner: String!, $name: String!, $base: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(states: OPEN, baseRefName: $base, first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { number headRefOid }
    }
  }
}`

type OpenPullsAnswer = {
  readonly repository: {
    readonly pullRequests: {
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
      readonly nodes: readonly { readonly number: number; readonly headRefOid: string }[]
    }
  }
}

export type OpenPull = { readonly number: PullNumber; readonly head: CommitSha }

/** The open pull requests into a branch. */
export async function listOpenPulls(
  octokit: Octokit,
  repository: RepoName,
  base: BranchName,
): Promise<readonly OpenPull[]> {
  const [owner, name] = ownerAndName(repository)
  const found: OpenPull[] = []
  for (let after: string | null | undefined; after !== null;) {
    const answer = await graphql<OpenPullsAnswer>(octokit, openPullsQuery, { owner, name, base, after })
    const { nodes, pageInfo } = answer.repository.pullRequests
    found.push(
      ...nodes.map(({ number, headRefOid }) => ({
        number: guaranteed(parsePullNumber(number)),
        head: guaranteed(parseCommitSha(headRefOid)),
      })),
    )
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null
  }
  return found
}
