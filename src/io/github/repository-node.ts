import type { Octokit } from '@octokit/rest'
import type { RepoName } from '../../core/ids.ts'
import { graphql } from './graphql.ts'
import { ownerAndName } from './repository-name.ts'

export const repositoryNodeQuery = `
query RepositoryNode($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) { id }
}`

/** GraphQL's id of the repository, which its mutations ask for. */
export async function readRepositoryNode(octokit: Octokit, repository: RepoName): Promise<string> {
  const [owner, name] = ownerAndName(repository)
  const answer = await graphql<{ readonly repository: { readonly id: string } }>(octokit, repositoryNodeQuery, {
    owner,
    name,
  })
  return answer.repository.id
}
