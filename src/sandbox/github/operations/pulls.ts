import { unprocessable, validationFailed } from '../api-error.ts'
import { type Actor } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { isAncestor } from '../git/history.ts'
import { nextId, pullsOf } from '../lookup.ts'
import { type Pull, type Repository } from '../state.ts'
import { createIssue } from './issues.ts'
import { emitIssueEvent, closeIssue, record, reopenIssue, touch } from './issue-state.ts'
import { keepHead } from './push.ts'
import { refuseWhenArchived } from './refs.ts'

export type NewPullRequest = {
  readonly title: string
  readonly body: string | null
  /** `branch` or `owner:branch` */
  readonly head: string
  readonly base: string
  readonly draft: boolean
  readonly maintainerCanModify: boolean
}

export async function createPull(
  github: GitHub,
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  wanted: NewPullRequest,
): Promise<Pull> {
  refuseWhenArchived(repository)
  const head = findHead(github, repository, wanted.head)
  const baseSha = repository.git.refs.get(`refs/heads/${wanted.base}`)
  const headSha = head?.repository.git.refs.get(`refs/heads/${head.ref}`)
  if (baseSha === undefined) throw validationFailed({ resource: 'PullRequest', field: 'base', code: 'invalid' })
  if (head === undefined || headSha === undefined) {
    throw validationFailed({ resource: 'PullRequest', field: 'head', code: 'invalid' })
  }
  const isEmpty = await isAncestor(head.repository.git.path, headSha, baseSha)
  // From here to the new pull request nothing is awaited: of two that are asked for at once, one is the second.
  if (hasTwin(repository, head, wanted.base)) {
    const message = `A pull request already exists for ${head.repository.owner.login}:${head.ref}.`
    throw validationFailed({ resource: 'PullRequest', code: 'custom', message })
  }
  if (isEmpty) {
    const message = `No commits between ${wanted.base} and ${head.ref}`
    throw validationFailed({ resource: 'PullRequest', code: 'custom', message })
  }
  const pull = addPull(github, { repository, actor }, { wanted, head: { ...head, sha: headSha }, baseSha })
  await keepHead(pull)
  await emitIssueEvent(github, pull.issue, { action: 'opened', actor })
  return pull
}

function hasTwin(
  repository: Repository,
  head: { readonly repository: Repository; readonly ref: string },
  base: string,
): boolean {
  return pullsOf(repository).some(
    (pull) =>
      pull.issue.state === 'open' &&
      pull.base.ref === base &&
      pull.head.repository === head.repository &&
      pull.head.ref === head.ref,
  )
}

function addPull(
  github: GitHub,
  by: { readonly repository: Repository; readonly actor: Actor },
  given: {
    readonly wanted: NewPullRequest
    readonly head: { readonly repository: Repository; readonly ref: string; readonly sha: string }
    readonly baseSha: string
  },
): Pull {
  const { wanted, head, baseSha } = given
  const issue = createIssue(github, by, { title: wanted.title, body: wanted.body })
  const pull: Pull = {
    id: nextId(github.state),
    issue,
    head,
    base: { ref: wanted.base, sha: baseSha },
    draft: wanted.draft,
    maintainerCanModify: wanted.maintainerCanModify,
    merged: undefined,
    autoMerge: undefined,
    reviews: [],
    requestedReviewers: [],
    requestedTeams: [],
  }
  issue.pull = pull
  return pull
}

/** `branch` here, or `owner:branch` in that owner's fork (or, for the owner of this one, here). */
function findHead(
  { state }: GitHub,
  repository: Repository,
  text: string,
): { readonly repository: Repository; readonly ref: string } | undefined {
  const [owner, ref] = text.includes(':') ? text.split(':', 2) : [repository.owner.login, text]
  if (owner === undefined || ref === undefined) return undefined
  if (owner.toLowerCase() === repository.owner.login.toLowerCase()) return { repository, ref }
  const fork = [...state.repositories.values()].find(
    (candidate) => candidate.parent === repository && candidate.owner.login.toLowerCase() === owner.toLowerCase(),
  )
  return fork === undefined ? undefined : { repository: fork, ref }
}

export type PullChange = {
  readonly title?: string
  readonly body?: string | null
  readonly state?: 'open' | 'closed'
  readonly base?: string
}

export async function updatePull(
  github: GitHub,
  pull: Pull,
  change: PullChange & { readonly actor: Actor },
): Promise<void> {
  const { issue } = pull
  refuseWhenArchived(issue.repository)
  await editPull(github, pull, change)
  if (change.state === 'closed') await closeIssue(github, issue, change.actor)
  if (change.state === 'open' && issue.state === 'closed') await reopenPull(github, pull, change.actor)
}

async function editPull(github: GitHub, pull: Pull, change: PullChange & { readonly actor: Actor }): Promise<void> {
  const { issue } = pull
  const changes: Record<string, unknown> = {}
  if (change.base !== undefined && change.base !== pull.base.ref)
    changes['base'] = changeBase(github, pull, change.base)
  if (change.title !== undefined && change.title !== issue.title) {
    changes['title'] = { from: issue.title }
    record(github, issue, { event: 'renamed', actor: change.actor, renamed: { from: issue.title, to: change.title } })
    issue.title = change.title
  }
  if (change.body !== undefined && change.body !== issue.body) {
    changes['body'] = { from: issue.body ?? '' }
    issue.body = change.body
  }
  if (Object.keys(changes).length === 0) return
  touch(github, issue)
  if (changes['base'] !== undefined) record(github, issue, { event: 'base_ref_changed', actor: change.actor })
  await emitIssueEvent(github, issue, { action: 'edited', actor: change.actor, more: { changes } })
}

function changeBase(github: GitHub, pull: Pull, ref: string): unknown {
  const sha = pull.issue.repository.git.refs.get(`refs/heads/${ref}`)
  if (sha === undefined) {
    const message = `Proposed base branch '${ref}' was not found`
    throw validationFailed({ resource: 'PullRequest', field: 'base', code: 'invalid', message })
  }
  const from = { ref: { from: pull.base.ref }, sha: { from: pull.base.sha } }
  pull.base = { ref, sha }
  touch(github, pull.issue)
  return from
}

async function reopenPull(github: GitHub, pull: Pull, actor: Actor): Promise<void> {
  const sha = pull.head.repository?.git.refs.get(`refs/heads/${pull.head.ref}`)
  if (pull.merged !== undefined || sha === undefined) {
    const message =
      pull.merged === undefined
        ? `state cannot be changed. The ${pull.head.ref} branch was deleted.`
        : 'state cannot be changed. The pull request cannot be reopened.'
    throw validationFailed({ resource: 'PullRequest', field: 'state', code: 'invalid', message })
  }
  pull.head.sha = sha
  await keepHead(pull)
  await reopenIssue(github, pull.issue, actor)
}

export async function setDraft(
  github: GitHub,
  pull: Pull,
  { draft, actor }: { readonly draft: boolean; readonly actor: Actor },
): Promise<void> {
  if (pull.draft === draft) return
  if (pull.issue.state === 'closed') throw unprocessable('Pull request is closed')
  pull.draft = draft
  touch(github, pull.issue)
  const event = draft ? 'converted_to_draft' : 'ready_for_review'
  record(github, pull.issue, { event, actor })
  await emitIssueEvent(github, pull.issue, { action: event, actor })
}
