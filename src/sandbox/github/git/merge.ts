import { readCommit, writeCommit, type Signature } from './commit.ts'
import { type ObjectStore } from './objects.ts'
import { GitFailed, tryGit } from './run.ts'

export type Merged = { readonly kind: 'merged'; readonly tree: string } | { readonly kind: 'conflict' }

/** Git's own three-way merge of two commits, without a worktree. */
export async function mergeTrees(path: string, base: string, head: string): Promise<Merged> {
  const args = ['merge-tree', '--write-tree', '--no-messages', '--allow-unrelated-histories', base, head]
  const answer = await tryGit(path, args)
  if (answer.code > 1) throw new GitFailed(args, answer)
  if (answer.code === 1) return { kind: 'conflict' }
  return { kind: 'merged', tree: answer.stdout.toString('utf8').trim() }
}

export type Rebased = { readonly kind: 'rebased'; readonly sha: string } | { readonly kind: 'conflict' }

/** Replays commits, oldest first, onto another; each keeps its author and message. */
export async function replay(
  store: { readonly path: string; readonly objects: ObjectStore },
  commits: readonly string[],
  target: { readonly onto: string; readonly committer: Signature },
): Promise<Rebased> {
  let tip = target.onto
  for (const sha of commits) {
    const commit = await readCommit(store.objects, sha)
    const [parent] = commit?.parents ?? []
    const below = await readCommit(store.objects, tip)
    if (commit === undefined || parent === undefined || below === undefined) return { kind: 'conflict' }
    // `git merge-tree --merge-base` came with git 2.40. A commit with the tip's tree on the picked commit's parent
    // makes that parent the merge base for older ones, too.
    const stand = { ...commit, parents: [parent], tree: below.tree }
    const merged = await mergeTrees(store.path, await writeCommit(store.objects, stand), sha)
    if (merged.kind === 'conflict') return merged
    tip = await writeCommit(store.objects, {
      ...commit,
      tree: merged.tree,
      parents: [tip],
      committer: target.committer,
    })
  }
  return { kind: 'rebased', sha: tip }
}
