import { validationFailed } from '../api-error.ts'
import { type Actor } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { git } from '../git/run.ts'
import { nextId } from '../lookup.ts'
import { type Account, type MergeMethod, type Repository } from '../state.ts'
import { commitFiles } from './contents.ts'

export type RepositoryWanted = {
  readonly owner: Account
  readonly name: string
  readonly defaultBranch: string
  readonly private: boolean
  readonly parent?: Repository
  readonly mergeMethods?: readonly MergeMethod[]
  readonly deleteBranchOnMerge?: boolean
  readonly allowAutoMerge?: boolean
}

/** An empty repository. */
export async function addRepository(github: GitHub, wanted: RepositoryWanted): Promise<Repository> {
  const id = nextId(github.state)
  const at = timestamp(github)
  const repository: Repository = {
    id,
    owner: wanted.owner,
    name: wanted.name,
    private: wanted.private,
    archived: false,
    description: undefined,
    defaultBranch: wanted.defaultBranch,
    parent: wanted.parent,
    createdAt: at,
    updatedAt: at,
    pushedAt: at,
    mergeMethods: wanted.mergeMethods ?? ['merge', 'squash', 'rebase'],
    deleteBranchOnMerge: wanted.deleteBranchOnMerge ?? false,
    allowAutoMerge: wanted.allowAutoMerge ?? false,
    git: await github.createGit(id, wanted.defaultBranch),
    collaborators: new Map(),
    issues: new Map(),
    comments: new Map(),
    labels: new Map(),
    checkSuites: new Map(),
    checkRuns: new Map(),
    deployments: new Map(),
    statuses: [],
    rulesets: new Map(),
    protections: new Map(),
  }
  github.state.repositories.set(id, repository)
  return repository
}

/** The first commit; apps that are installed on all repositories hear of it. */
export async function fillRepository(
  github: GitHub,
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await github.outbox.emit({ name: 'repository', action: 'created', actor, repository, payload: () => ({}) })
  const contents = Object.entries(files).map(([path, text]): [string, Buffer] => [path, Buffer.from(text)])
  const branch = repository.defaultBranch
  await commitFiles(github, { repository, actor }, { branch, message: 'Initial commit', files: new Map(contents) })
}

export async function forkRepository(github: GitHub, parent: Repository, owner: Account): Promise<Repository> {
  const { name, defaultBranch } = parent
  const fork = await addRepository(github, { owner, name, defaultBranch, private: parent.private, parent })
  await git(fork.git.path, [
    'fetch',
    '--quiet',
    parent.git.path,
    '+refs/heads/*:refs/heads/*',
    '+refs/tags/*:refs/tags/*',
  ])
  await fork.git.refs.reread()
  return fork
}

/** Numeric ids stay, names move. Who still asks by the old name finds nothing: the sandbox does not redirect. */
export async function renameRepository(
  github: GitHub,
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  name: string,
): Promise<void> {
  const changes = { repository: { name: { from: repository.name } } }
  repository.name = name
  repository.updatedAt = timestamp(github)
  await github.outbox.emit({ name: 'repository', action: 'renamed', actor, repository, payload: () => ({ changes }) })
}

export async function setArchived(
  github: GitHub,
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  { archived }: { readonly archived: boolean },
): Promise<void> {
  repository.archived = archived
  const action = archived ? 'archived' : 'unarchived'
  await github.outbox.emit({ name: 'repository', action, actor, repository, payload: () => ({}) })
}

/** Clones start there from now on; what is asked of `~DEFAULT_BRANCH` is asked of it. */
export async function changeDefaultBranch(
  github: GitHub,
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  branch: string,
): Promise<void> {
  const from = repository.defaultBranch
  if (branch === from) return
  if (repository.git.refs.get(`refs/heads/${branch}`) === undefined) {
    throw validationFailed({
      resource: 'Repository',
      field: 'default_branch',
      code: 'invalid',
      message: `The branch ${branch} was not found. Please push that ref first or create it via the Git Data API.`,
    })
  }
  await git(repository.git.path, ['symbolic-ref', 'HEAD', `refs/heads/${branch}`])
  repository.defaultBranch = branch
  repository.updatedAt = timestamp(github)
  const changes = { default_branch: { from } }
  await github.outbox.emit({ name: 'repository', action: 'edited', actor, repository, payload: () => ({ changes }) })
}
