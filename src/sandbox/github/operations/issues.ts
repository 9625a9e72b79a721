import { ApiError, validationFailed } from '../api-error.ts'
import { type Actor } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { nextId } from '../lookup.ts'
import { renderComment, renderIssueEvent, renderLabel } from '../render/issue.ts'
import { type Json } from '../render/json.ts'
import {
  type Issue,
  type IssueComment,
  type Label,
  type Reaction,
  type ReactionContent,
  type Repository,
} from '../state.ts'
import { emitIssueEvent, record, touch } from './issue-state.ts'
import { labelNamed } from './labels.ts'
import { refuseWhenArchived } from './refs.ts'

type By = { readonly repository: Repository; readonly actor: Actor }

/** The issue, also for a pull request; tells nobody. */
export function createIssue(
  github: GitHub,
  { repository, actor }: By,
  { title, body }: { readonly title: string; readonly body: string | null },
): Issue {
  const at = timestamp(github)
  const issue: Issue = {
    id: nextId(github.state),
    repository,
    number: Math.max(0, ...repository.issues.keys()) + 1,
    title,
    body,
    user: actor.account,
    app: actor.app,
    state: 'open',
    stateReason: null,
    locked: false,
    labels: [],
    assignees: [],
    createdAt: at,
    updatedAt: at,
    closedAt: undefined,
    closedBy: undefined,
    reactions: [],
    timeline: [],
    pull: undefined,
  }
  repository.issues.set(issue.number, issue)
  record(github, issue, { event: 'opened', actor })
  return issue
}

/** GitHub takes no longer body, of a comment or of an issue. */
const longestBody = 65_536

export function refuseLongBody(resource: string, body: string | null | undefined): void {
  if ((body ?? '').length <= longestBody) return
  const message = `body is too long (maximum is ${longestBody} characters)`
  throw validationFailed({ resource, field: 'body', code: 'custom', message })
}

/** From then on only collaborators may comment: no app is one, whatever its permissions. */
export async function lockConversation(github: GitHub, issue: Issue, actor: Actor): Promise<void> {
  issue.locked = true
  touch(github, issue)
  await emitIssueEvent(github, issue, { action: 'locked', actor })
}

function refuseWhenLocked({ locked }: Issue, { app }: Actor): void {
  if (locked && app !== undefined) throw new ApiError(403, 'Unable to create comment because issue is locked.')
}

export async function createComment(
  github: GitHub,
  issue: Issue,
  { body, actor }: { readonly body: string; readonly actor: Actor },
): Promise<IssueComment> {
  refuseWhenArchived(issue.repository)
  refuseWhenLocked(issue, actor)
  refuseLongBody('IssueComment', body)
  if (body.trim() === '') {
    throw validationFailed({
      resource: 'IssueComment',
      field: 'body',
      code: 'missing_field',
      message: 'Body cannot be blank',
    })
  }
  const at = timestamp(github)
  const comment: IssueComment = {
    id: nextId(github.state),
    issue,
    user: actor.account,
    app: actor.app,
    body,
    createdAt: at,
    updatedAt: at,
    reactions: [],
    minimized: false,
  }
  issue.repository.comments.set(comment.id, comment)
  touch(github, issue)
  await emitComment(github, comment, { action: 'created', actor })
  return comment
}

export async function editComment(
  github: GitHub,
  comment: IssueComment,
  { body, actor }: { readonly body: string; readonly actor: Actor },
): Promise<void> {
  refuseLongBody('IssueComment', body)
  if (comment.body === body) return
  const changes = { body: { from: comment.body } }
  comment.body = body
  comment.updatedAt = timestamp(github)
  await emitComment(github, comment, { action: 'edited', actor, more: { changes } })
}

export async function deleteComment(github: GitHub, comment: IssueComment, actor: Actor): Promise<void> {
  comment.issue.repository.comments.delete(comment.id)
  await emitComment(github, comment, { action: 'deleted', actor })
}

async function emitComment(
  github: GitHub,
  comment: IssueComment,
  { action, actor, more = {} }: { readonly action: string; readonly actor: Actor; readonly more?: Json },
): Promise<void> {
  await github.outbox.emit({
    name: 'issue_comment',
    action,
    actor,
    repository: comment.issue.repository,
    payload: () => ({
      issue: renderIssueEvent(github, comment.issue),
      comment: renderComment(github, comment),
      ...more,
    }),
  })
}

/** The reaction, and whether it is new: one person reacts once with one face. */
export function react(
  github: GitHub,
  reactions: Reaction[],
  { content, actor }: { readonly content: ReactionContent; readonly actor: Actor },
): { readonly reaction: Reaction; readonly isNew: boolean } {
  const known = reactions.find((reaction) => reaction.user === actor.account && reaction.content === content)
  if (known !== undefined) return { reaction: known, isNew: false }
  const reaction = { id: nextId(github.state), user: actor.account, content, createdAt: timestamp(github) }
  reactions.push(reaction)
  return { reaction, isNew: true }
}

export async function addLabels(
  github: GitHub,
  issue: Issue,
  { names, actor }: { readonly names: readonly string[]; readonly actor: Actor },
): Promise<void> {
  refuseWhenArchived(issue.repository)
  for (const name of names) {
    const label = await labelNamed(github, { repository: issue.repository, actor }, name)
    if (issue.labels.includes(label)) continue
    issue.labels.push(label)
    await tellOfLabel(github, issue, { event: 'labeled', label, actor })
  }
}

export async function removeLabel(
  github: GitHub,
  issue: Issue,
  { label, actor }: { readonly label: Label; readonly actor: Actor },
): Promise<void> {
  issue.labels = issue.labels.filter((kept) => kept !== label)
  await tellOfLabel(github, issue, { event: 'unlabeled', label, actor })
}

async function tellOfLabel(
  github: GitHub,
  issue: Issue,
  { event, label, actor }: { readonly event: 'labeled' | 'unlabeled'; readonly label: Label; readonly actor: Actor },
): Promise<void> {
  touch(github, issue)
  record(github, issue, { event, actor, label })
  await emitIssueEvent(github, issue, {
    action: event,
    actor,
    more: { label: renderLabel(github, issue.repository, label) },
  })
}
