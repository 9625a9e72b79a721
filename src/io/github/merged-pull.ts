import type { Octokit } from '@octokit/rest'
import { type CommitSha, type PullNumber, type RepoName, parsePullNumber } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { graphql } from './graphql.ts'
import { ownerAndName } from './repository-name.ts'

// Not `associatedPullRequests` of the commit: GitHub fills that in a while later, and it also names pull requests that
// merely contain the commit.
export const mergedPullQuery = `
query MergedPull($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    pullRequests(states: MERGED, first: 50, orderBy: { field: UPDATED_AT, direction: DESC }) {
      nodes { number mergeCommit { oid } }
    }
  }
}`

type MergedPullAnswer = {
  readonly repository: {
    readonly pullRequests: {
      readonly nodes: readonly { readonly number: number; readonly mergeCommit: { readonly oid: string } | null }[]
    }
  }
}

/** The pull request whose merge made this commit. undefined: it was pushed, or is long past. */
export async function pullMergedAs(
  octokit: Octokit,
  repository: RepoName,
  commit: CommitSha,
): Promise<PullNumber | undefined> {
  const [owner, name] = ownerAndName(repository)
  const answer = await graphql<MergedPullAnswer>(octokit, mergedPullQuery, { owner, name })
  const found = answer.repository.pullRequests.nodes.find(({ mergeCommit }) => mergeCommit?.oid === commit)
  return found === undefined ? undefined : guaranteed(parsePullNumber(found.number))
}
