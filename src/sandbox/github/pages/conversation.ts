import { commentsOf } from '../render/issue.ts'
import { type Issue, type IssueComment, type Reaction, type ReactionContent, type TimelineEvent } from '../state.ts'
import { markup, type Html } from './html.ts'
import { renderMarkdown } from './markdown.ts'
import { shortSha, when, who } from './notation.ts'

/** The description, then comments and events as they came: ids count through everything. */
export function conversation(issue: Issue): Html {
  const items = [
    ...commentsOf(issue).map((comment) => ({ id: comment.id, html: renderComment(comment) })),
    ...issue.timeline.flatMap((event) => {
      const rendered = renderEvent(event)
      return rendered === undefined ? [] : [{ id: event.id, html: rendered }]
    }),
  ].toSorted((one, other) => one.id - other.id)
  return markup`${description(issue)}${items.map((item) => item.html)}`
}

function description(issue: Issue): Html {
  const body =
    issue.body === null || issue.body === '' ? markup`<p class="quiet">no description</p>` : renderMarkdown(issue.body)
  return card({
    head: markup`<span>${who(issue.user)} ${when(issue.createdAt)}</span>`,
    body,
    reactions: issue.reactions,
  })
}

function renderComment(comment: IssueComment): Html {
  const edited = comment.updatedAt === comment.createdAt ? undefined : markup` <span class="quiet">· edited</span>`
  const head = markup`<span id="issuecomment-${comment.id}">${who(comment.user)} ${when(comment.createdAt)}${edited}</span>`
  return card({ head, body: renderMarkdown(comment.body), reactions: comment.reactions })
}

function card(of: { readonly head: Html; readonly body: Html; readonly reactions: readonly Reaction[] }): Html {
  return markup`<section class="card"><div class="head">${of.head}</div>
<div class="text">${of.body}</div>
${reactionRow(of.reactions)}</section>
`
}

const faces: Readonly<Record<ReactionContent, string>> = {
  '+1': '👍',
  '-1': '👎',
  laugh: '😄',
  confused: '😕',
  heart: '❤️',
  hooray: '🎉',
  rocket: '🚀',
  eyes: '👀',
}

function reactionRow(reactions: readonly Reaction[]): Html | undefined {
  if (reactions.length === 0) return undefined
  const counts = [...Map.groupBy(reactions, ({ content }) => content)]
  return markup`<div class="reactions">${counts.map(
    ([content, each]) =>
      markup`<span class="reaction" title="${each.map(({ user }) => user.login).join(', ')}">${faces[content]} ${each.length}</span>`,
  )}</div>`
}

function renderEvent(event: TimelineEvent): Html | undefined {
  const said = sayEvent(event)
  return said === undefined
    ? undefined
    : markup`<p class="event">${who(event.actor)} ${said} · ${when(event.at)}</p>
`
}

function sayEvent({ event, commit, label, renamed }: TimelineEvent): Html | undefined {
  const sha = commit === undefined ? undefined : shortSha(commit)
  switch (event) {
    case 'opened':
      return undefined
    case 'closed':
      return markup`closed this`
    case 'reopened':
      return markup`reopened this`
    case 'merged':
      return markup`merged this as ${sha}`
    case 'renamed':
      return markup`changed the title from “${renamed?.from}” to “${renamed?.to}”`
    case 'labeled':
      return markup`added <span class="badge label">${label?.name}</span>`
    case 'unlabeled':
      return markup`removed <span class="badge label">${label?.name}</span>`
    case 'base_ref_changed':
      return markup`changed the base branch`
    case 'head_ref_deleted':
      return markup`deleted the head branch`
    case 'head_ref_force_pushed':
      return markup`force-pushed the head to ${sha}`
    case 'committed':
      return markup`pushed ${sha}`
    case 'converted_to_draft':
      return markup`made this a draft`
    case 'ready_for_review':
      return markup`marked this as ready`
    case 'auto_merge_enabled':
      return markup`enabled auto-merge`
    case 'auto_merge_disabled':
      return markup`disabled auto-merge`
  }
}
