import { ApiError, unprocessable } from '../api-error.ts'
import { type Actor } from '../caller.ts'
import { type GitHub } from '../context.ts'
import { readCommit, type Signature } from '../git/commit.ts'
import { noCommit } from '../git/refs.ts'
import { changeTree, entryAt, type TreeChange, type TreeMode } from '../git/tree.ts'
import { type Repository } from '../state.ts'
import { commitAs } from './commits.ts'
import { changeRefsHeld } from './refs.ts'

export type FilesCommit = {
  readonly branch: string
  readonly message: string
  /** Null takes a file away. */
  readonly files: ReadonlyMap<string, Buffer | null>
  readonly author?: Signature
  readonly committer?: Signature
  /** Looks at what is there, before anything is written, and throws to refuse. */
  readonly check?: (tree: string | undefined) => Promise<void>
  /** Where a new branch starts; undefined: the branch must be there, or the repository empty. */
  readonly startAt?: string
  /** Forced: what is on the branch gives way to a commit with these parents that starts from this tree. */
  readonly replaces?: { readonly tree: string; readonly parents: readonly string[] }
  /** By path, of `files`; a file keeps its mode unless said. */
  readonly modes?: ReadonlyMap<string, TreeMode>
}

/** One commit on a branch, as the contents API and the pencil in the browser make it. */
export function commitFiles(
  github: GitHub,
  { repository, actor }: { readonly repository: Repository; readonly actor: Actor },
  wanted: FilesCommit,
): Promise<string> {
  const { git } = repository
  return git.exclusively(async () => {
    const name = `refs/heads/${wanted.branch}`
    const tip = git.refs.get(name)
    const parent = tip ?? wanted.startAt
    if (parent === undefined && git.refs.all().size > 0) throw new ApiError(404, `Branch ${wanted.branch} not found`)
    const { message, author, committer, replaces } = wanted
    const base = replaces?.tree ?? (parent === undefined ? undefined : (await readCommit(git.objects, parent))?.tree)
    await wanted.check?.(base)
    const tree = await writeFiles(repository, base, wanted)
    const sha = await commitAs(
      github,
      { repository, actor },
      {
        tree,
        message,
        parents: replaces?.parents ?? (parent === undefined ? [] : [parent]),
        ...(author === undefined ? {} : { author }),
        ...(committer === undefined ? {} : { committer }),
      },
    )
    await changeRefsHeld(github, { repository, actor }, [
      { name, before: tip ?? noCommit, after: sha, force: replaces !== undefined },
    ])
    return sha
  })
}

async function writeFiles(
  { git }: Repository,
  base: string | undefined,
  { files, modes }: Pick<FilesCommit, 'files' | 'modes'>,
): Promise<string> {
  const changes: TreeChange[] = []
  for (const [path, content] of files) {
    if (content === null) changes.push({ path, put: null })
    else {
      const mode = modes?.get(path) ?? (await modeAt(git, base, path))
      changes.push({ path, put: { mode, sha: await git.objects.write('blob', content) } })
    }
  }
  const changed = await changeTree(git.objects, base, changes)
  if (changed.kind === 'absent') throw unprocessable(`path ${changed.path} does not exist`)
  return changed.sha
}

/** A file that is changed stays executable. */
async function modeAt(git: Repository['git'], base: string | undefined, path: string): Promise<TreeMode> {
  const entry = base === undefined ? undefined : await entryAt(git.objects, base, path)
  return entry?.mode === '100755' ? '100755' : '100644'
}
