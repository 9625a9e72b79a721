import { ApiError, notFound } from '../api-error.ts'
import { actorOf, type Actor } from '../caller.ts'
import { readCommit, type Commit } from '../git/commit.ts'
import { type ApiRequest, type Handler, type RepositoryRequest } from '../http/router.ts'
import { type Answer } from '../http/answer.ts'
import { type Issue, type IssueComment, type Pull, type Repository } from '../state.ts'

/** On a repository, with the permission that the table asks for. */
export function onRepository(run: (request: RepositoryRequest) => Promise<Answer>): Handler {
  return { by: 'permission', run }
}

export function actorFrom({ caller }: ApiRequest): Actor {
  const actor = actorOf(caller)
  if (actor === undefined) throw new ApiError(401, 'Requires authentication')
  return actor
}

export function numberParam({ params }: ApiRequest, name: string): number {
  const number = Number(params[name])
  if (!Number.isSafeInteger(number)) throw notFound()
  return number
}

export function pullFrom(request: RepositoryRequest): Pull {
  const pull = request.repository.issues.get(numberParam(request, 'pull_number'))?.pull
  if (pull === undefined) throw notFound()
  return pull
}

export function issueFrom(request: RepositoryRequest): Issue {
  const issue = request.repository.issues.get(numberParam(request, 'issue_number'))
  if (issue === undefined) throw notFound()
  return issue
}

export function commentFrom(request: RepositoryRequest): IssueComment {
  const comment = request.repository.comments.get(numberParam(request, 'comment_id'))
  if (comment === undefined) throw notFound()
  return comment
}

/** A branch, a tag or a commit by its id, also a short one. Branches first, as GitHub does. */
export function findCommit({ git }: Repository, name: string): Promise<Commit | undefined> {
  const ref = [name, `refs/${name}`, `refs/heads/${name}`, `refs/tags/${name}`]
    .map((candidate) => git.refs.get(candidate))
    .find((sha) => sha !== undefined)
  if (ref !== undefined) return readCommit(git.objects, ref)
  return /^[0-9a-f]{4,40}$/i.test(name) ? readCommit(git.objects, name.toLowerCase()) : Promise.resolve(undefined)
}

export async function commitFrom(request: RepositoryRequest, name = request.params['ref'] ?? ''): Promise<Commit> {
  const commit = await findCommit(request.repository, name)
  if (commit === undefined) throw new ApiError(422, `No commit found for SHA: ${name}`)
  return commit
}
