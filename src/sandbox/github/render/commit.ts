import { formatTimestamp, type GitHub } from '../context.ts'
import { type Commit, type Signature } from '../git/commit.ts'
import { type FileChange } from '../git/diff.ts'
import { fullName } from '../lookup.ts'
import { gitNodeId } from '../node-id.ts'
import { type Repository } from '../state.ts'
import { accountOfEmail, renderAccount } from './account.ts'
import { type Json } from './json.ts'
import { repositoryUrl } from './repository.ts'

/** `git-commit`: as the git routes show it. */
export function renderGitCommit(github: GitHub, repository: Repository, commit: Commit): Json {
  const url = repositoryUrl(github, repository)
  const html = commitHtml(github, repository)
  return {
    sha: commit.sha,
    node_id: gitNodeId('C', repository.id, commit.sha),
    url: `${url}/git/commits/${commit.sha}`,
    html_url: html(commit.sha),
    author: renderSignature(commit.author),
    committer: renderSignature(commit.committer),
    tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map((sha) => ({ sha, url: `${url}/git/commits/${sha}`, html_url: html(sha) })),
    verification: unsigned,
  }
}

/** `commit`: as the repository's routes show it. */
export function renderCommit(github: GitHub, repository: Repository, commit: Commit): Json {
  const url = repositoryUrl(github, repository)
  const html = commitHtml(github, repository)
  return {
    sha: commit.sha,
    node_id: gitNodeId('C', repository.id, commit.sha),
    commit: {
      author: renderSignature(commit.author),
      committer: renderSignature(commit.committer),
      message: commit.message,
      tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
      url: `${url}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: unsigned,
    },
    url: `${url}/commits/${commit.sha}`,
    html_url: html(commit.sha),
    comments_url: `${url}/commits/${commit.sha}/comments`,
    author: renderWho(github, commit.author),
    committer: renderWho(github, commit.committer),
    parents: commit.parents.map((sha) => ({ sha, url: `${url}/commits/${sha}`, html_url: html(sha) })),
  }
}

/** A commit with what it changed. */
export function renderCommitWithFiles(
  github: GitHub,
  { repository, commit }: { readonly repository: Repository; readonly commit: Commit },
  files: readonly FileChange[],
): Json {
  const { additions, deletions } = sumLines(files)
  return {
    ...renderCommit(github, repository, commit),
    stats: { total: additions + deletions, additions, deletions },
    files: files.map((file) => renderFile(github, { repository, sha: commit.sha }, file)),
  }
}

/** `simple-commit`, and with `commitChanges` a commit of a `push`. */
export function renderSimpleCommit(commit: Commit): Json {
  return {
    id: commit.sha,
    tree_id: commit.tree,
    message: commit.message,
    timestamp: formatTimestamp(commit.committer.at),
    author: { name: commit.author.name, email: commit.author.email },
    committer: { name: commit.committer.name, email: commit.committer.email },
  }
}

/** `diff-entry` */
export function renderFile(
  github: GitHub,
  { repository, sha }: { readonly repository: Repository; readonly sha: string },
  file: FileChange,
): Json {
  const path = file.path.split('/').map(encodeURIComponent).join('/')
  const html = `${github.urls.web}/${fullName(repository)}`
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${html}/blob/${sha}/${path}`,
    raw_url: `${html}/raw/${sha}/${path}`,
    contents_url: `${repositoryUrl(github, repository)}/contents/${path}?ref=${sha}`,
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    ...(file.previousPath === undefined ? {} : { previous_filename: file.previousPath }),
  }
}

export function sumLines(files: readonly FileChange[]): { readonly additions: number; readonly deletions: number } {
  return {
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
  }
}

/** The sandbox signs nothing. GitHub signs what an app commits without an author of its own; we do not rely on that. */
const unsigned = { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null }

export function renderSignature({ name, email, at }: Signature): Json {
  return { name, email, date: formatTimestamp(at) }
}

function renderWho(github: GitHub, { email }: Signature): Json | null {
  const account = accountOfEmail(github, email)
  return account === undefined ? null : renderAccount(github, account)
}

function commitHtml({ urls }: GitHub, repository: Repository): (sha: string) => string {
  return (sha) => `${urls.web}/${fullName(repository)}/commit/${sha}`
}
