import { type UserId, parseUserId } from '../../core/ids.ts'

export type GitActorAnswer = {
  readonly email: string | null
  readonly user: { readonly databaseId: number | null } | null
} | null

/**
 * The numeric id behind a commit's author. A commit made with an app's token carries the bot's id in its e-mail,
 * `ID+SLUG[bot]@users.noreply.github.com`, also where GraphQL shows no user for it. An e-mail can be forged, so this
 * decides only whose turn it is; what may be merged is decided by the tree.
 */
export function authorId(author: GitActorAnswer): UserId | undefined {
  const id = author?.user?.databaseId ?? /^(\d+)\+[^@]+@users\.noreply\./.exec(author?.email ?? '')?.[1]
  if (id === undefined) return undefined
  const user = parseUserId(id)
  return user.ok ? user.value : undefined
}

/** GitHub signs in its own name what is made in the browser or by the API. */
const signer = { id: 19_864_447, email: 'noreply@github.com' }

/** A person who amends or rebases a commit keeps its author, and becomes its committer. */
export function committerId(committer: GitActorAnswer): UserId | 'github' | undefined {
  if (committer?.user?.databaseId === signer.id || committer?.email === signer.email) return 'github'
  return authorId(committer)
}
