import { personActor } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { findAccount, requirePull, requireRepository } from '../lookup.ts'
import { noCommit } from '../git/refs.ts'
import { commitFiles } from '../operations/contents.ts'
import { addLabels, createComment, deleteComment, editComment, removeLabel } from '../operations/issues.ts'
import { mergePull } from '../operations/merge.ts'
import { createPull, setDraft, submitReview, updatePull } from '../operations/pulls.ts'
import { changeRefs } from '../operations/refs.ts'
import { type Account, type Issue, type IssueComment, type MergeMethod, type Pull } from '../state.ts'

/** What a person does in the browser or with git; it makes the same events as on GitHub. */
export type Person = {
  /** One commit on a branch. `null` deletes a file; `create` starts the branch at the default branch's head. */
  push(repository: string, commit: NewPush): Promise<string>
  openPull(repository: string, pull: NewPull): Promise<Pull>
  comment(repository: string, number: number, body: string): Promise<IssueComment>
  editComment(repository: string, commentId: number, body: string): Promise<void>
  deleteComment(repository: string, commentId: number): Promise<void>
  closePull(repository: string, number: number): Promise<void>
  reopenPull(repository: string, number: number): Promise<void>
  editPull(repository: string, number: number, change: PullEdit): Promise<void>
  /** Refused as it would be on GitHub; the repository's first method unless one is named. */
  mergePull(repository: string, number: number, method?: MergeMethod): Promise<string>
  deleteBranch(repository: string, branch: string): Promise<void>
  label(repository: string, number: number, name: string): Promise<void>
  unlabel(repository: string, number: number, name: string): Promise<void>
  setDraft(repository: string, number: number, draft: boolean): Promise<void>
  review(repository: string, number: number, review: NewReview): Promise<void>
}

export type NewPush = {
  readonly branch: string
  readonly files: Readonly<Record<string, string | null>>
  readonly message?: string
  readonly create?: boolean
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
  return { ...withGit(github, account), ...withPulls(github, account), ...withComments(github, account) }
}

function withGit(github: GitHub, account: Account): Pick<Person, 'push' | 'deleteBranch'> {
  const actor = personActor(account)
  return {
    async push(name, { branch, files, message = `Change ${Object.keys(files).join(', ')}`, create = false }) {
      const repository = requireRepository(github.state, name)
      const startAt = create ? repository.git.refs.get(`refs/heads/${repository.defaultBranch}`) : undefined
      const contents = Object.entries(files).map(([path, text]): [string, Buffer | null] => [
        path,
        text === null ? null : Buffer.from(text),
      ])
      const commit = { branch, message, files: new Map(contents), ...(startAt === undefined ? {} : { startAt }) }
      return commitFiles(github, { repository, actor }, commit)
    },
    async deleteBranch(name, branch) {
      const repository = requireRepository(github.state, name)
      const ref = { name: `refs/heads/${branch}`, after: noCommit, force: true }
      await changeRefs(github, { repository, actor }, [ref])
    },
  }
}

function withPulls(
  github: GitHub,
  account: Account,
): Pick<Person, 'openPull' | 'closePull' | 'reopenPull' | 'editPull' | 'mergePull' | 'setDraft' | 'review'> {
  const actor = personActor(account)
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
  }
}

function withComments(
  github: GitHub,
  account: Account,
): Pick<Person, 'comment' | 'editComment' | 'deleteComment' | 'label' | 'unlabel'> {
  const actor = personActor(account)
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
    label: async (name, number, label) => addLabels(github, issueAt(name, number), { names: [label], actor }),
    async unlabel(name, number, wanted) {
      const issue = issueAt(name, number)
      const label = issue.labels.find((candidate) => candidate.name.toLowerCase() === wanted.toLowerCase())
      if (label !== undefined) await removeLabel(github, issue, { label, actor })
    },
  }
}
