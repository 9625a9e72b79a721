import type { Octokit } from '@octokit/rest'
import { type CommentId, type PullNumber, type RepoName, type UserId, parseCommentId } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { ownerAndName } from './repository-name.ts'

export type Reaction = '+1' | '-1' | 'eyes' | 'rocket' | 'confused'

export type OwnComment = { readonly id: CommentId; readonly body: string }

/** Our comments on a pull request or issue since a moment (ISO 8601), known by the bot's numeric id. */
export async function listOwnComments(
  octokit: Octokit,
  repository: RepoName,
  number: PullNumber,
  options: { readonly bot: UserId; readonly since: string },
): Promise<readonly OwnComment[]> {
  const [owner, repo] = ownerAndName(repository)
  const comments = await octokit.paginate(octokit.rest.issues.listComments, {
    owner,
    repo,
    issue_number: number,
    since: options.since,
    per_page: 100,
  })
  return comments
    .filter((comment) => comment.user?.id === options.bot)
    .map((comment) => ({ id: guaranteed(parseCommentId(comment.id)), body: comment.body ?? '' }))
}

export async function createComment(
  octokit: Octokit,
  repository: RepoName,
  number: PullNumber,
  body: string,
): Promise<CommentId> {
  const [owner, repo] = ownerAndName(repository)
  const { data } = await octokit.rest.issues.createComment({ owner, repo, issue_number: number, body })
  return guaranteed(parseCommentId(data.id))
}

export async function editComment(
  octokit: Octokit,
  repository: RepoName,
  comment: CommentId,
  body: string,
): Promise<void> {
  const [owner, repo] = ownerAndName(repository)
  await octokit.rest.issues.updateComment({ owner, repo, comment_id: comment, body })
}

/** GitHub keeps one reaction of a kind per user, so reacting twice is harmless. */
export async function react(
  octokit: Octokit,
  repository: RepoName,
  comment: CommentId,
  reaction: Reaction,
): Promise<void> {
  const [owner, repo] = ownerAndName(repository)
  await octokit.rest.reactions.createForIssueComment({ owner, repo, comment_id: comment, content: reaction })
}
