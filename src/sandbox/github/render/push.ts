import { type GitHub } from '../context.ts'
import { readCommit, type Commit } from '../git/commit.ts'
import { diffFiles, type FileChange } from '../git/diff.ts'
import { isAncestor, listCommits } from '../git/history.ts'
import { noCommit, type RefChange } from '../git/refs.ts'
import { emptyTree } from '../git/tree.ts'
import { fullName } from '../lookup.ts'
import { type Account, type Repository } from '../state.ts'
import { accountOfEmail, noReplyEmail } from './account.ts'
import { renderSimpleCommit } from './commit.ts'
import { type Json } from './json.ts'

/** GitHub lists at most this many; the comparison shows the rest. */
const mostCommits = 2048

/** The payload of `push`, without sender and repository. */
export async function renderPush(
  github: GitHub,
  { repository, pusher }: { readonly repository: Repository; readonly pusher: Account },
  change: RefChange,
): Promise<Json> {
  const { git } = repository
  const created = change.before === noCommit
  const deleted = change.after === noCommit
  const html = `${github.urls.web}/${fullName(repository)}`
  const commits = deleted ? [] : await pushedCommits(repository, change)
  const head = deleted ? undefined : await readCommit(git.objects, change.after)
  return {
    ref: change.name,
    before: change.before,
    after: change.after,
    base_ref: null,
    created,
    deleted,
    forced: !created && !deleted && !(await isAncestor(git.path, change.before, change.after)),
    compare: compareUrl(html, change),
    commits: await Promise.all(commits.map((commit) => renderPushed(github, repository, commit))),
    head_commit: head === undefined ? null : await renderPushed(github, repository, head),
    pusher: { name: pusher.login, email: noReplyEmail(pusher) },
  }
}

/** For a new branch: what no other branch has. */
async function pushedCommits(repository: Repository, change: RefChange): Promise<readonly Commit[]> {
  const { git } = repository
  const created = change.before === noCommit
  const from = created ? repository.git.refs.get(`refs/heads/${repository.defaultBranch}`) : change.before
  const range = from === undefined || from === change.after ? { to: change.after } : { from, to: change.after }
  if (created && from === change.after) return []
  const ids = await listCommits(git.path, range, { limit: mostCommits })
  const commits = await Promise.all(ids.toReversed().map((sha) => readCommit(git.objects, sha)))
  return commits.filter((commit) => commit !== undefined)
}

async function renderPushed(github: GitHub, repository: Repository, commit: Commit): Promise<Json> {
  const files = await diffFiles(repository.git.path, commit.parents[0] ?? emptyTree, commit.sha)
  const named = (select: (status: FileChange['status']) => boolean): readonly string[] =>
    files.filter(({ status }) => select(status)).map(({ path }) => path)
  const renamedFrom = files.flatMap(({ status, previousPath }) => (status === 'renamed' ? (previousPath ?? []) : []))
  return {
    ...renderSimpleCommit(commit),
    distinct: true,
    url: `${github.urls.web}/${fullName(repository)}/commit/${commit.sha}`,
    author: { ...who(commit.author), ...username(github, commit.author.email) },
    committer: { ...who(commit.committer), ...username(github, commit.committer.email) },
    added: named((status) => status === 'added' || status === 'renamed' || status === 'copied'),
    removed: [...named((status) => status === 'removed'), ...renamedFrom],
    modified: named((status) => status === 'modified' || status === 'changed'),
  }
}

function who({ name, email }: Commit['author']): Json {
  return { name, email }
}

function username(github: GitHub, email: string): Json {
  const account = accountOfEmail(github, email)
  return account === undefined ? {} : { username: account.login }
}

function compareUrl(html: string, { name, before, after }: RefChange): string {
  if (after === noCommit) return `${html}/compare/${before.slice(0, 12)}...000000000000`
  if (before === noCommit) return `${html}/compare/${name.replace(/^refs\/(heads|tags)\//, '')}`
  return `${html}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`
}
