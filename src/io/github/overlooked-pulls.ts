import type { Octokit } from '@octokit/rest'
import { type PullNumber, type RepoName, parseCommitSha, parsePullNumber } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { graphql } from './graphql.ts'
import type { OpenPull } from './open-pulls.ts'
import { ownerAndName } from './repository-name.ts'

// GitHub makes a suite of ours for every push by itself: only a check run in it is a word of ours. GitHub charges for what
// could be on a page: this one costs two points of the hour's 5,000, and one of a hundred would cost seven.
export const overlookedPullsQuery = `
query OverlookedPulls($owner: String!, $name: String!, $appId: Int!, $checkName: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(states: OPEN, first: 25, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        number
        headRefOid
        commits(last: 1) {
          nodes {
            commit {
              checkSuites(first: 5, filterBy: { appId: $appId }) {
                nodes { checkRuns(first: 1, filterBy: { checkName: $checkName }) { totalCount } }
              }
            }
          }
        }
      }
    }
  }
}`

type SuiteAnswer = { readonly checkRuns: { readonly totalCount: number } }
type CommitAnswer = { readonly checkSuites: { readonly nodes: readonly SuiteAnswer[] } | null }
type PullAnswer = {
  readonly number: number
  readonly headRefOid: string
  readonly commits: { readonly nodes: readonly { readonly commit: CommitAnswer }[] }
}
type OverlookedAnswer = {
  readonly repository: {
    readonly pullRequests: {
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
      readonly nodes: readonly PullAnswer[]
    }
  }
}

export type OverlookedPulls = {
  readonly open: readonly OpenPull[]
  /** Those whose head has no check run of ours with this name. */
  readonly overlooked: readonly PullNumber[]
}

export async function listOverlookedPulls(
  octokit: Octokit,
  repository: RepoName,
  own: { readonly appId: number; readonly checkName: string },
): Promise<OverlookedPulls> {
  const [owner, name] = ownerAndName(repository)
  const found: PullAnswer[] = []
  for (let after: string | null | undefined; after !== null;) {
    const answer = await graphql<OverlookedAnswer>(octokit, overlookedPullsQuery, { owner, name, after, ...own })
    const { nodes, pageInfo } = answer.repository.pullRequests
    found.push(...nodes)
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null
  }
  return {
    open: found.map(({ number, headRefOid }) => ({
      number: guaranteed(parsePullNumber(number)),
      head: guaranteed(parseCommitSha(headRefOid)),
    })),
    overlooked: found.filter(isOverlooked).map(({ number }) => guaranteed(parsePullNumber(number))),
  }
}

function isOverlooked({ commits }: PullAnswer): boolean {
  const suites = commits.nodes.at(-1)?.commit.checkSuites?.nodes ?? []
  return suites.every(({ checkRuns }) => checkRuns.totalCount === 0)
}
