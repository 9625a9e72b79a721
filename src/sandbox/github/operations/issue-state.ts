import { type Actor } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { nextId } from '../lookup.ts'
import { renderIssueEvent } from '../render/issue.ts'
import { renderPull } from '../render/pull.ts'
import { type Json } from '../render/json.ts'
import { type Issue, type TimelineEvent } from '../state.ts'

export function touch(github: GitHub, issue: Issue): void {
  issue.updatedAt = timestamp(github)
}

type Recorded = Omit<TimelineEvent, 'id' | 'at' | 'actor' | 'app'> & { readonly actor: Actor }

/** The timeline says who did what: a person's close is not a bot's. */
export function record(github: GitHub, issue: Issue, { actor, ...event }: Recorded): void {
  issue.timeline.push({
    ...event,
    id: nextId(github.state),
    at: timestamp(github),
    actor: actor.account,
    app: actor.app,
  })
}

export async function closeIssue(
  github: GitHub,
  issue: Issue,
  actor: Actor,
  reason: 'completed' | 'not_planned' = 'completed',
): Promise<void> {
  if (issue.state === 'closed') return
  issue.state = 'closed'
  issue.stateReason = issue.pull === undefined ? reason : null
  issue.closedAt = timestamp(github)
  issue.closedBy = actor.account
  touch(github, issue)
  const merged = issue.pull?.merged
  if (merged !== undefined) record(github, issue, { event: 'merged', actor, commit: merged.sha })
  record(github, issue, { event: 'closed', actor })
  if (issue.pull !== undefined) issue.pull.autoMerge = undefined
  await emitIssueEvent(github, issue, { action: 'closed', actor })
}

export async function reopenIssue(github: GitHub, issue: Issue, actor: Actor): Promise<void> {
  if (issue.state === 'open') return
  issue.state = 'open'
  issue.stateReason = issue.pull === undefined ? 'reopened' : null
  issue.closedAt = undefined
  issue.closedBy = undefined
  touch(github, issue)
  record(github, issue, { event: 'reopened', actor })
  await emitIssueEvent(github, issue, { action: 'reopened', actor })
}

/** `pull_request.*` for a pull request, `issues.*` for an issue. */
export async function emitIssueEvent(
  github: GitHub,
  issue: Issue,
  { action, actor, more = {} }: { readonly action: string; readonly actor: Actor; readonly more?: Json },
): Promise<void> {
  const { pull, repository } = issue
  await github.outbox.emit({
    name: pull === undefined ? 'issues' : 'pull_request',
    action,
    actor,
    repository,
    payload: async () =>
      pull === undefined
        ? { issue: renderIssueEvent(github, issue), ...more }
        : { number: issue.number, pull_request: await renderPull(github, pull), ...more },
  })
}
