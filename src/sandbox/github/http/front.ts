import { type Answer } from './answer.ts'
import { answerApi, type ApiDeps } from './api.ts'
import { answerGraphQL } from './graphql.ts'
import { type HttpRequest } from './request.ts'
import { answerGit, isGitRequest } from './smart-http.ts'

export const apiPrefix = '/api/v3'

/** Which of the four faces of GitHub a request is for: REST, GraphQL, git, or the pages for people. */
export async function answerRequest(deps: ApiDeps, request: HttpRequest): Promise<Answer> {
  const path = request.url.pathname
  if (path === '/api/graphql' && request.method === 'POST') return answerGraphQL(deps, request)
  // Octokit derives GraphQL's address from REST's by taking `/v3` away; some clients just append.
  if (path === `${apiPrefix}/graphql` && request.method === 'POST') return answerGraphQL(deps, request)
  if (path === apiPrefix || path.startsWith(`${apiPrefix}/`)) {
    return answerApi(deps, request, path.slice(apiPrefix.length) || '/')
  }
  if (isGitRequest(request)) return answerGit(deps.github, request)
  const { answerPage } = await import('../pages/answer-page.ts')
  return answerPage(deps.github, request)
}
