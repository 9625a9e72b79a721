import { type Actor } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { readCommit, type Signature } from '../git/commit.ts'
import { noCommit } from '../git/refs.ts'
import { entryAt, type TreeMode } from '../git/tree.ts'
import { requireAccount, requireRepository } from '../lookup.ts'
import { signatureOf } from '../operations/commits.ts'
import { commitFiles, type FilesCommit } from '../operations/contents.ts'
import { changeRefs } from '../operations/refs.ts'
import { noReplyEmail } from '../render/account.ts'
import { type Repository } from '../state.ts'

/** What somebody does with git; the rules of the branch hold for them. */
export type Pushes = {
  /** One commit on a branch; gives its id. */
  push(repository: string, commit: NewPush): Promise<string>
  /** `git update-index --chmod=+x`, committed and pushed; a file can be made a symbolic link to what it holds, too. */
  setMode(repository: string, change: NewMode): Promise<string>
  /** Sets a branch, a new one too, to a commit that is there; `force` where that is no fast forward. */
  moveBranch(repository: string, branch: string, sha: string, options?: { readonly force?: boolean }): Promise<void>
  deleteBranch(repository: string, branch: string): Promise<void>
}

export type NewPush = {
  readonly branch: string
  /** `null` deletes a file. */
  readonly files: Readonly<Record<string, string | null>>
  readonly message?: string
  /** Starts the branch at the default branch's head. */
  readonly create?: boolean
  /** A login, or whoever; who pushes unless said. Of an amended commit its author stays. */
  readonly author?: Who
  readonly committer?: Who
  /** Replaces everything on the branch by this commit, on top of `onto` (the default branch's head unless said). */
  readonly force?: boolean
  readonly onto?: string
  /** Replaces the branch's last commit, as `git commit --amend` and a forced push do. */
  readonly amend?: boolean
}

export type Who = string | { readonly name: string; readonly email: string }

export type NewMode = {
  readonly branch: string
  readonly path: string
  readonly mode: Extract<TreeMode, '100644' | '100755' | '120000'>
  readonly message?: string
}

export function pushesOf(github: GitHub, actor: Actor): Pushes {
  const named = (name: string): Repository => requireRepository(github.state, name)
  return {
    async push(name, wanted) {
      const repository = named(name)
      return commitFiles(github, { repository, actor }, await readPush(github, { repository, actor }, wanted))
    },
    async setMode(name, { branch, path, mode, message = `Make ${path} ${mode}` }) {
      const repository = named(name)
      const files = new Map([[path, await contentOf(repository, branch, path)]])
      return commitFiles(github, { repository, actor }, { branch, message, files, modes: new Map([[path, mode]]) })
    },
    async moveBranch(name, branch, sha, { force = false } = {}) {
      const ref = { name: `refs/heads/${branch}`, after: sha, force }
      await changeRefs(github, { repository: named(name), actor }, [ref])
    },
    async deleteBranch(name, branch) {
      const ref = { name: `refs/heads/${branch}`, after: noCommit, force: true }
      await changeRefs(github, { repository: named(name), actor }, [ref])
    },
  }
}

async function readPush(
  github: GitHub,
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  wanted: NewPush,
): Promise<FilesCommit> {
  const { branch, files, create = false, author, committer } = wanted
  const { refs } = repository.git
  const start = wanted.onto ?? refs.get(`refs/heads/${repository.defaultBranch}`)
  const replaced = await replacedBy(repository, wanted, start)
  const self = signatureOf(github, actor)
  return {
    branch,
    author: author === undefined ? (replaced?.author ?? self) : signatureFor(github, author),
    committer: committer === undefined ? self : signatureFor(github, committer),
    message: wanted.message ?? replaced?.message ?? `Change ${Object.keys(files).join(', ')}`,
    files: new Map(Object.entries(files).map(([path, text]) => [path, text === null ? null : Buffer.from(text)])),
    ...(create && start !== undefined ? { startAt: start } : {}),
    ...(replaced === undefined ? {} : { replaces: replaced }),
  }
}

type Replaced = NonNullable<FilesCommit['replaces']> & { readonly author?: Signature; readonly message?: string }

/** What an amended commit goes on with is its own; one that is forced stands on another commit. */
async function replacedBy(
  { git }: Repository,
  { branch, amend = false, force = false }: NewPush,
  start: string | undefined,
): Promise<Replaced | undefined> {
  if (!amend && !force) return undefined
  const name = amend ? git.refs.get(`refs/heads/${branch}`) : start
  const commit = name === undefined ? undefined : await readCommit(git.objects, name)
  if (commit === undefined) throw new Error(`there is no commit ${amend ? `on ${branch}` : name} to go on with`)
  return amend ? commit : { tree: commit.tree, parents: [commit.sha] }
}

function signatureFor(github: GitHub, who: Who): Signature {
  if (typeof who !== 'string') return { ...who, at: github.now() }
  const account = requireAccount(github.state, who)
  return { name: account.login, email: noReplyEmail(account), at: github.now() }
}

async function contentOf({ git }: Repository, branch: string, path: string): Promise<Buffer> {
  const commit = await readCommit(git.objects, git.refs.get(`refs/heads/${branch}`) ?? '')
  const entry = commit === undefined ? undefined : await entryAt(git.objects, commit.tree, path)
  const blob = entry === undefined ? undefined : await git.objects.read(entry.sha)
  if (blob?.type !== 'blob') throw new Error(`there is no file ${path} on ${branch}`)
  return blob.content
}
