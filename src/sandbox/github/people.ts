import { type IssueComment, type MergeMethod, type Pull } from './state.ts'

/** What a person does in the browser or with git; it makes the same events as on GitHub. */
export type People = {
  /** One commit on a branch. `null` deletes a file; `create` starts the branch at the default branch's head. */
  push(repository: string, commit: NewPush): Promise<string>
  openPull(repository: string, pull: NewPull): Promise<Pull>
  comment(repository: string, number: number, body: string): Promise<IssueComment>
  editComment(repository: string, commentId: number, body: string): Promise<void>
  deleteComment(repository: string, commentId: number): Promise<void>
  closePull(repository: string, number: number): Promise<void>
  reopenPull(repository: string, number: number): Promise<void>
  editPull(
    repository: string,
    number: number,
    change: { readonly title?: string; readonly body?: string; readonly base?: string },
  ): Promise<void>
  mergePull(repository: string, number: number, method?: MergeMethod): Promise<string>
  deleteBranch(repository: string, branch: string): Promise<void>
  label(repository: string, number: number, name: string): Promise<void>
  unlabel(repository: string, number: number, name: string): Promise<void>
  setDraft(repository: string, number: number, draft: boolean): Promise<void>
  review(
    repository: string,
    number: number,
    review: { readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED'; readonly body?: string },
  ): Promise<void>
}

export type NewPush = {
  readonly branch: string
  readonly files: Readonly<Record<string, string | null>>
  readonly message?: string
  readonly create?: boolean
}

export type NewPull = {
  readonly head: string
  readonly base?: string
  readonly title: string
  readonly body?: string
  readonly draft?: boolean
}
