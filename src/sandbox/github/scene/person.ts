import { personActor, type Actor } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { findAccount, requirePull, requireRepository } from '../lookup.ts'
import { addAccount, addApp } from '../operations/accounts.ts'
import {
  addLabels,
  createComment,
  deleteComment,
  editComment,
  lockConversation,
  removeLabel,
} from '../operations/issues.ts'
import { mergePull } from '../operations/merge.ts'
import { createPull, setDraft, updatePull } from '../operations/pulls.ts'
import { dismissReview, submitReview } from '../operations/reviews.ts'
import { type Account, type Issue, type IssueComment, type MergeMethod, type Pull } from '../state.ts'
import { pushesOf, type Pushes } from './pushes.ts'

/** What a person does in the browser or with git, or an app's bot over the API; it makes the same events as on GitHub. */
export type Person = Pushes & {
  openPull(repository: string, pull: NewPull): Promise<Pull>
  comment(repository: string, number: number, body: string): Promise<IssueComment>
  editComment(repository: string, commentId: number, body: string): Promise<void>
  deleteComment(repository: string, commentId: number): Promise<void>
  lock(repository: string, number: number): Promise<void>
  closePull(repository: string, number: number): Promise<void>
  reopenPull(repository: string, number: number): Promise<void>
  editPull(repository: string, number: number, change: PullEdit): Promise<void>
  /** Refused as it would be on GitHub; the repository's first method unless one is named. */
  mergePull(repository: string, number: number, method?: MergeMethod): Promise<string>
  label(repository: string, number: number, name: string): Promise<void>
  unlabel(repository: string, number: number, name: string): Promise<void>
  setDraft(repository: string, number: number, draft: boolean): Promise<void>
  review(repository: string, number: number, review: NewReview): Promise<void>
  /** The last opinion of this reviewer. */
  dismissReview(repository: string, number: number, login: string): Promise<void>
}

export type NewPull = {
  /** `branch`, or `owner:branch` of a fork. */
  readonly head: string
  /** The default branch unless another is named. */
  readonly base?: string
  readonly title: string
  readonly body?: string
  readonly draft?: boolean
}

export type PullEdit = { readonly title?: string; readonly body?: string; readonly base?: string }

export type NewReview = {
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED'
  readonly body?: string
}

export function personNamed(github: GitHub, login: string): Person {
  const account = findAccount(github.state, login)
  if (account === undefined) throw new Error(`there is no user ${login}`)
  return handsOf(github, personActor(account))
}

/** The bot of an app: the one with this slug, or a new one that may write everything and hears nothing. */
export function botNamed(github: GitHub, slug: string): Person {
  const known = [...github.state.apps.values()].find((app) => app.slug === slug)
  const app =
    known ?? addApp(github, { name: slug, owner: vendor(github, slug), permissions: botPermissions, events: [] })
  return handsOf(github, { account: app.bot, app, permissions: app.permissions })
}

const botPermissions = {
  contents: 'write',
  issues: 'write',
  pull_requests: 'write',
  workflows: 'write',
}

function vendor(github: GitHub, slug: string): Account {
  return addAccount(github, `${slug}-vendor`, 'Organization')
}

function handsOf(github: GitHub, actor: Actor): Person {
  return { ...pushesOf(github, actor), ...withPulls(github, actor), ...withComments(github, actor) }
}

function withPulls(
  github: GitHub,
  actor: Actor,
): Pick<
  Person,
  'openPull' | 'closePull' | 'reopenPull' | 'editPull' | 'mergePull' | 'setDraft' | 'review' | 'dismissReview'
> {
  const pullAt = (name: string, number: number): Pull => requirePull(github.state, name, number)
  return {
    async openPull(name, { head, base, title, body = null, draft = false }) {
      const repository = requireRepository(github.state, name)
      const wanted = { head, base: base ?? repository.defaultBranch, title, body, draft, maintainerCanModify: true }
      return createPull(github, { repository, actor }, wanted)
    },
    closePull: async (name, number) => updatePull(github, pullAt(name, number), { state: 'closed', actor }),
    reopenPull: async (name, number) => updatePull(github, pullAt(name, number), { state: 'open', actor }),
    editPull: async (name, number, change) => updatePull(github, pullAt(name, number), { ...change, actor }),
    mergePull: async (name, number, method) =>
      mergePull(github, pullAt(name, number), { actor, ...(method === undefined ? {} : { method }) }),
    setDraft: async (name, number, draft) => setDraft(github, pullAt(name, number), { draft, actor }),
    async review(name, number, { state, body = '' }) {
      await submitReview(github, pullAt(name, number), { actor, state, body })
    },
    dismissReview: async (name, number, login) => dismissReview(github, pullAt(name, number), { login, actor }),
  }
}

function withComments(
  github: GitHub,
  actor: Actor,
): Pick<Person, 'comment' | 'editComment' | 'deleteComment' | 'lock' | 'label' | 'unlabel'> {
  const issueAt = (name: string, number: number): Issue => {
    const issue = requireRepository(github.state, name).issues.get(number)
    if (issue === undefined) throw new Error(`there is no ${name}#${number}`)
    return issue
  }
  const commentAt = (name: string, id: number): IssueComment => {
    const comment = requireRepository(github.state, name).comments.get(id)
    if (comment === undefined) throw new Error(`there is no comment ${id} in ${name}`)
    return comment
  }
  return {
    comment: async (name, number, body) => createComment(github, issueAt(name, number), { body, actor }),
    editComment: async (name, id, body) => editComment(github, commentAt(name, id), { body, actor }),
    deleteComment: async (name, id) => deleteComment(github, commentAt(name, id), actor),
    lock: async (name, number) => lockConversation(github, issueAt(name, number), actor),
    label: async (name, number, label) => addLabels(github, issueAt(name, number), { names: [label], actor }),
    async unlabel(name, number, wanted) {
      const issue = issueAt(name, number)
      const label = issue.labels.find((candidate) => candidate.name.toLowerCase() === wanted.toLowerCase())
      if (label !== undefined) await removeLabel(github, issue, { label, actor })
    },
  }
}
