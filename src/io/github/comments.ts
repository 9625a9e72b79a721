import type { Octokit } from '@octokit/rest'
import { type CommentId, type PullNumber, type RepoName, type UserId, parseCommentId } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { hasStatus } from './errors.ts'
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

/** A person has locked the conversation, which no app may overrule, or taken away what is spoken of. */
const notToBeHad = [403, 404, 410] as const

/** Edits the earlier one, where it still is there. undefined: there may be no comment of ours. */
export async function writeComment(
  octokit: Octokit,
  repository: RepoName,
  number: PullNumber,
  { earlier, body }: { readonly earlier: OwnComment | undefined; readonly body: string },
): Promise<CommentId | undefined> {
  if (earlier?.body === body) return earlier.id
  const edited = earlier === undefined ? undefined : await editComment(octokit, repository, earlier.id, body)
  return edited ?? createComment(octokit, repository, number, body)
}

/** undefined: there may be no comment of ours. */
export async function createComment(
  octokit: Octokit,
  repository: RepoName,
  number: PullNumber,
  body: string,
): Promise<CommentId | undefined> {
  const [owner, repo] = ownerAndName(repository)
  try {
    const { data } = await octokit.rest.issues.createComment({ owner, repo, issue_number: number, body })
    return guaranteed(parseCommentId(data.id))
  } catch (error) {
    if (hasStatus(error, ...notToBeHad)) return undefined
    throw error
  }
}

/** undefined: a person has deleted it, or may not be answered any more. */
export async function editComment(
  octokit: Octokit,
  repository: RepoName,
  comment: CommentId,
  body: string,
): Promise<CommentId | undefined> {
  const [owner, repo] = ownerAndName(repository)
  try {
    await octokit.rest.issues.updateComment({ owner, repo, comment_id: comment, body })
    return comment
  } catch (error) {
    if (hasStatus(error, ...notToBeHad)) return undefined
    throw error
  }
}

/** For show, so that none is no failure. GitHub keeps one of a kind per user: reacting twice is harmless. */
export async function react(
  octokit: Octokit,
  repository: RepoName,
  comment: CommentId,
  reaction: Reaction,
): Promise<void> {
  const [owner, repo] = ownerAndName(repository)
  try {
    await octokit.rest.reactions.createForIssueComment({ owner, repo, comment_id: comment, content: reaction })
  } catch (error) {
    if (!hasStatus(error, ...notToBeHad)) throw error
  }
}
