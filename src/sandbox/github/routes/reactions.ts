import { notFound, unprocessable } from '../api-error.ts'
import { json, noContent, type Answer } from '../http/answer.ts'
import { pageOf } from '../http/pages.ts'
import { type RepositoryRequest, type Route } from '../http/router.ts'
import { react } from '../operations/issues.ts'
import { renderReaction } from '../render/issue.ts'
import { reactionContents, type Reaction } from '../state.ts'
import { actorFrom, commentFrom, issueFrom, numberParam, onRepository } from './find.ts'

const ofComment = '/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions'
const ofIssue = '/repos/{owner}/{repo}/issues/{issue_number}/reactions'

export const reactionRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: ofComment,
    handle: onRepository(async (request) => list(request, commentFrom(request).reactions)),
  },
  {
    method: 'POST',
    path: ofComment,
    handle: onRepository(async (request) => add(request, commentFrom(request).reactions)),
  },
  { method: 'DELETE', path: `${ofComment}/{reaction_id}`, handle: onRepository(remove) },
  {
    method: 'GET',
    path: ofIssue,
    handle: onRepository(async (request) => list(request, issueFrom(request).reactions)),
  },
  {
    method: 'POST',
    path: ofIssue,
    handle: onRepository(async (request) => add(request, issueFrom(request).reactions)),
  },
]

function list(request: RepositoryRequest, reactions: readonly Reaction[]): Answer {
  const content = request.query.get('content')
  const chosen = reactions.filter((reaction) => content === null || reaction.content === content)
  const { items, headers } = pageOf(request, chosen)
  return json(
    items.map((reaction) => renderReaction(request.github, reaction)),
    200,
    headers,
  )
}

function add(request: RepositoryRequest, reactions: Reaction[]): Answer {
  const { github, fields } = request
  const content = fields.oneOf('content', reactionContents)
  if (content === undefined) throw unprocessable(`Invalid request.\n\n"content" wasn't supplied.`)
  const { reaction, isNew } = react(github, reactions, { content, actor: actorFrom(request) })
  return json(renderReaction(github, reaction), isNew ? 201 : 200)
}

async function remove(request: RepositoryRequest): Promise<Answer> {
  const { reactions } = commentFrom(request)
  const id = numberParam(request, 'reaction_id')
  const at = reactions.findIndex((reaction) => reaction.id === id)
  if (at === -1) throw notFound()
  reactions.splice(at, 1)
  return noContent
}
