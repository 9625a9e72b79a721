import type { CommentId, PullNumber, RepoId, UserId } from '../../core/ids.ts'
import type { Queryable } from './database.ts'

/** A comment as it was created. What it is edited to later never runs: somebody else could have edited it. */
export type KnownComment = {
  readonly id: CommentId
  readonly repository: RepoId
  readonly number: PullNumber
  readonly author: UserId
  /** `User` for a person. */
  readonly authorType: string
  readonly login: string
  readonly body: string
  /** ISO 8601. */
  readonly createdAt: string
}

type CommentRow = Omit<KnownComment, 'createdAt' | 'authorType'> & {
  readonly author_type: string
  readonly created_at: string
}

export async function keepComment(database: Queryable, comment: KnownComment): Promise<void> {
  await database.query(
    `insert into comment (id, repository, number, author, author_type, login, body, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing`,
    [
      comment.id,
      comment.repository,
      comment.number,
      comment.author,
      comment.authorType,
      comment.login,
      comment.body,
      comment.createdAt,
    ],
  )
}

export async function readComment(database: Queryable, id: CommentId): Promise<KnownComment | undefined> {
  const [row] = await database.query<CommentRow>(
    `select id, repository, number, author, author_type, login, body,
       to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as created_at
     from comment where id = $1`,
    [id],
  )
  if (row === undefined) return undefined
  const { created_at: createdAt, author_type: authorType, ...comment } = row
  return { ...comment, authorType, createdAt }
}

/** Reactions and replies are for display; done is this row. */
export async function finishCommand(database: Queryable, comment: CommentId, line: number): Promise<void> {
  await database.query('insert into done_command (comment, line) values ($1, $2) on conflict do nothing', [
    comment,
    line,
  ])
}

export async function doneLines(database: Queryable, comment: CommentId): Promise<ReadonlySet<number>> {
  const rows = await database.query<{ line: number }>('select line from done_command where comment = $1', [comment])
  return new Set(rows.map(({ line }) => line))
}
