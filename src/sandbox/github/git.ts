import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openObjectStore, type ObjectStore } from './git/objects.ts'
import { openRefs, type RefChange, type Refs } from './git/refs.ts'
import { git } from './git/run.ts'

/**
 * A real bare repository. Objects and refs are handled here; what git does better (`git/diff.ts`, `git/history.ts`,
 * `git/merge.ts`) takes `path`.
 */
export type GitRepository = {
  readonly path: string
  readonly objects: ObjectStore
  readonly refs: Refs
  /** Runs one after another what reads refs and then writes them; a push holds it, too. Not re-entrant. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

export async function createGitRepository(
  path: string,
  options: { readonly defaultBranch: string },
): Promise<GitRepository> {
  await mkdir(path, { recursive: true })
  await git(path, ['init', '--quiet', '--bare', `--initial-branch=${options.defaultBranch}`, '--template='])
  await writeFile(join(path, 'config'), configuration)
  await mkdir(join(path, 'hooks'), { recursive: true })
  await writeFile(join(path, 'hooks', 'update'), updateHook, { mode: 0o755 })
  return openGitRepository(path)
}

export async function openGitRepository(path: string): Promise<GitRepository> {
  const objects = openObjectStore(path)
  const refs = await openRefs(path)
  let last: Promise<unknown> = Promise.resolve()
  return {
    path,
    objects,
    refs,
    exclusively(work) {
      const result = last.then(work, work)
      last = result.catch(() => undefined)
      return result
    },
    close: () => objects.close(),
  }
}

/** Brings the commits of another repository here, under a name: the head of a pull request from a fork. */
export async function fetchFrom(
  repository: GitRepository,
  other: GitRepository,
  names: { readonly from: string; readonly to: string },
): Promise<readonly RefChange[]> {
  await git(repository.path, ['fetch', '--quiet', '--no-tags', other.path, `+${names.from}:${names.to}`])
  return repository.refs.reread()
}

/** As GitHub serves: partial clones and any commit by its id; housekeeping never moves a ref behind our back. */
const configuration = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	logallrefupdates = false
[gc]
	auto = 0
[maintenance]
	auto = false
[receive]
	autogc = false
	denyDeleteCurrent = refuse
[http]
	receivepack = true
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
`

/**
 * Says no to single refs of a push, as GitHub does. What is refused is decided before (\`push-rules.ts\`) and comes in
 * the environment, so that no push waits for an answer over the network.
 */
const updateHook = `#!/bin/sh
ref="$1" new="$3"
case "$ref" in
  refs/pull/*) echo "deny updating a hidden ref" >&2; exit 1 ;;
esac
line=$(printf '%s\\n' "$SANDBOX_REFUSED" | grep -F -m 1 -- "$ref	")
if [ -n "$line" ]; then
  printf 'error: %s\\n' "\${line#*	}" >&2
  exit 1
fi
if [ -n "$SANDBOX_KNOWN_WORKFLOWS" ] && tree=$(git rev-parse --quiet --verify "$new:.github/workflows"); then
  case " $SANDBOX_KNOWN_WORKFLOWS " in
    *" $tree "*) ;;
    *) echo "refusing to allow a GitHub App to create or update workflow without \\\`workflows\\\` permission" >&2; exit 1 ;;
  esac
fi
exit 0
`
