import { type CommentId, parseCommentId } from '../ids.ts'

const form = /^<!-- lotse:reply comment=([0-9]{1,16}) -->(?:\r?\n|$)/

/** The first line of a reply: which comment it answers. Only a comment by our own user id is asked for it. */
export function formatReplyMarker(comment: CommentId): string {
  return `<!-- lotse:reply comment=${comment} -->`
}

export function parseReplyMarker(body: string): CommentId | undefined {
  const comment = parseCommentId(form.exec(body)?.[1] ?? '')
  return comment.ok ? comment.value : undefined
}
