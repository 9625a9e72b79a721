import { type Actor } from '../caller.ts'
import { readCommit } from '../git/commit.ts'
import { isAncestor } from '../git/history.ts'
import { noCommit, type RefChange } from '../git/refs.ts'
import { entryAt } from '../git/tree.ts'
import { type Repository } from '../state.ts'
import { rulesFor } from './branch-rules.ts'
import { requiredState } from './check-state.ts'
import { checkComplaint } from './mergeability.ts'

/** Why a branch may not be moved like this, in GitHub's sentences; empty when it may. */
export async function pushComplaints(
  repository: Repository,
  actor: Actor,
  change: RefChange,
): Promise<readonly string[]> {
  if (!change.name.startsWith('refs/heads/')) return []
  const asked = rulesFor(repository, change.name.slice('refs/heads/'.length), actor.app?.id)
  if (asked.length === 0) return []
  const forced = await isForced(repository, change)
  return asked.flatMap(({ rules }) => {
    if (change.after === noCommit) return rules.blockDeletions ? ['Cannot delete this branch'] : []
    return [
      ...(forced && rules.blockForcePushes ? ['Cannot force-push to this branch'] : []),
      ...(rules.requiredApprovals === undefined ? [] : ['Changes must be made through a pull request.']),
      ...rules.requiredChecks.flatMap((required) =>
        checkComplaint(required.context, requiredState(repository, change.after, required)),
      ),
    ]
  })
}

export function violation(complaints: readonly string[]): string {
  return `Repository rule violations found\n\n${complaints.join('\n\n')}\n\n`
}

async function isForced(repository: Repository, { before, after }: RefChange): Promise<boolean> {
  if (before === noCommit || after === noCommit) return false
  return !(await isAncestor(repository.git.path, before, after))
}

export const workflowsFolder = '.github/workflows'

export function mayWriteWorkflows(actor: Actor): boolean {
  return actor.permissions === undefined || actor.permissions['workflows'] === 'write'
}

export const workflowsRefused =
  'refusing to allow a GitHub App to create or update workflow without `workflows` permission'

/**
 * Whether moving a ref brings workflows that no branch has yet, or takes some away. Setting a branch to what another
 * branch has already is no change of a workflow.
 */
export async function bringsWorkflows(repository: Repository, change: RefChange): Promise<boolean> {
  if (change.after === noCommit) return false
  const before = change.before === noCommit ? undefined : await workflowsOf(repository, change.before)
  const after = await workflowsOf(repository, change.after)
  if (after === before) return false
  return !(await knownWorkflows(repository)).includes(after)
}

/** The trees of workflows that branches have; undefined for a branch without any. */
export async function knownWorkflows(repository: Repository): Promise<readonly (string | undefined)[]> {
  const heads = [...repository.git.refs.all()].filter(([name]) => name.startsWith('refs/heads/'))
  return Promise.all(heads.map(([, sha]) => workflowsOf(repository, sha)))
}

export async function workflowsOf({ git }: Repository, sha: string): Promise<string | undefined> {
  const commit = await readCommit(git.objects, sha)
  return commit === undefined ? undefined : (await entryAt(git.objects, commit.tree, workflowsFolder))?.sha
}
