import type { Octokit } from '@octokit/rest'
import {
  type BranchName,
  type CommitSha,
  type FilePath,
  type RepoName,
  type TreeSha,
  parseCommitSha,
  parseTreeSha,
} from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { UserError } from '../../core/user-error.ts'
import { errorTypes, graphql } from './graphql.ts'
import { readHead } from './repository-files.ts'
import { ownerAndName } from './repository-name.ts'

const zeros = '0'.repeat(40)

/** A file to write: only its text changes, so its mode is the one that it had. */
export type FileText = { readonly text: string; readonly mode: '100644' | '100755' }

/** The tree of `base` with these files' texts replaced. Content-addressed: asking twice makes nothing twice. */
export async function createTree(
  octokit: Octokit,
  repository: RepoName,
  { base, files }: { readonly base: TreeSha; readonly files: ReadonlyMap<FilePath, FileText> },
): Promise<TreeSha> {
  const [owner, repo] = ownerAndName(repository)
  const { data } = await octokit.rest.git.createTree({
    owner,
    repo,
    base_tree: base,
    tree: [...files].map(([path, { text, mode }]) => ({ path, mode, type: 'blob', content: text })),
  })
  return guaranteed(parseTreeSha(data.sha))
}

/** Without author and committer, so that GitHub signs the commit in the app's name. */
export async function createCommit(
  octokit: Octokit,
  repository: RepoName,
  commit: { readonly message: string; readonly tree: TreeSha; readonly parent: CommitSha },
): Promise<CommitSha> {
  const [owner, repo] = ownerAndName(repository)
  const { data } = await octokit.rest.git.createCommit({
    owner,
    repo,
    message: commit.message,
    tree: commit.tree,
    parents: [commit.parent],
  })
  return guaranteed(parseCommitSha(data.sha))
}

export const updateRefsMutation = `
mutation MoveBranch($repository: ID!, $updates: [RefUpdate!]!) {
  updateRefs(input: { repositoryId: $repository, refUpdates: $updates }) { clientMutationId }
}`

export type BranchMove = {
  readonly branch: BranchName
  /** undefined: the branch must not exist. */
  readonly from: CommitSha | undefined
  /** undefined: the branch shall be deleted. */
  readonly to: CommitSha | undefined
}

/**
 * Moves a branch only if it still is where we saw it; REST has no such condition. `moved-by-others` is an outcome:
 * somebody pushed in between, and nothing of theirs is overwritten.
 */
export async function moveBranch(
  octokit: Octokit,
  repository: RepositoryNode,
  move: BranchMove,
): Promise<'moved' | 'moved-by-others'> {
  const moved = await updateBranch(octokit, repository, { ...move, force: true })
  if (moved.kind !== 'refused') return moved.kind
  throw new UserError(`GitHub refused to move the branch ${move.branch}`, {
    help: 'let the app push branches under lotse/: look at the rulesets of the repository',
    cause: moved.cause,
  })
}

type AdvanceOutcome = 'moved' | 'moved-by-others' | 'refused'

/** Puts a commit on top of a branch of people, which is moved by a fast forward only. */
export async function advanceBranch(
  octokit: Octokit,
  repository: RepositoryNode,
  move: BranchMove & { readonly from: CommitSha; readonly to: CommitSha },
): Promise<AdvanceOutcome> {
  return (await updateBranch(octokit, repository, { ...move, force: false })).kind
}

type RepositoryNode = { readonly name: RepoName; readonly node: string }

type Updated = { readonly kind: 'moved' | 'moved-by-others' } | { readonly kind: 'refused'; readonly cause: unknown }

/** GitHub's error has no code of its own for a branch that moved, so the branch is looked at, not the message. */
async function updateBranch(
  octokit: Octokit,
  repository: RepositoryNode,
  { branch, from, to, force }: BranchMove & { readonly force: boolean },
): Promise<Updated> {
  const update = { name: `refs/heads/${branch}`, beforeOid: from ?? zeros, afterOid: to ?? zeros, force }
  try {
    await graphql(octokit, updateRefsMutation, { repository: repository.node, updates: [update] })
    return { kind: 'moved' }
  } catch (error) {
    if (errorTypes(error).length === 0) throw error
    const head = await readHead(octokit, repository.name, branch)
    if (head === to) return { kind: 'moved' }
    return head === from ? { kind: 'refused', cause: error } : { kind: 'moved-by-others' }
  }
}
