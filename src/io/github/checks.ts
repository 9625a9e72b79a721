import type { Octokit } from '@octokit/rest'
import type { PolicyCheck } from '../../core/automerge/policy-check.ts'
import type { CommitSha, RepoName } from '../../core/ids.ts'
import { hasStatus } from './errors.ts'
import type { PolicyRun } from './merge-facts.ts'
import { ownerAndName } from './repository-name.ts'

type Written = { readonly name: string; readonly head: CommitSha; readonly check: PolicyCheck }

/** Makes the check run say what `check` says; what it says already is not said again. */
export async function writeCheck(
  octokit: Octokit,
  repository: RepoName,
  run: PolicyRun | undefined,
  { name, head, check }: Written,
): Promise<void> {
  if (run !== undefined && sameText(run, check)) return
  const [owner, repo] = ownerAndName(repository)
  const state = {
    ...(check.conclusion === undefined
      ? { status: 'in_progress' as const }
      : { status: 'completed' as const, conclusion: check.conclusion }),
    output: { title: check.title, summary: check.summary },
  }
  if (run === undefined || reopens(run, check)) {
    await octokit.rest.checks.create({ owner, repo, name, head_sha: head, ...state })
    return
  }
  await octokit.rest.checks.update({ owner, repo, check_run_id: run.id, ...state })
}

/** A completed run cannot go back to be in progress: a new run of the same name takes its place. */
function reopens(run: PolicyRun, check: PolicyCheck): boolean {
  return run.conclusion !== undefined && check.conclusion === undefined
}

function sameText(run: PolicyRun, check: PolicyCheck): boolean {
  return run.conclusion === check.conclusion && run.title === check.title && run.summary === check.summary
}

/** Whether a check run of ours with this name is on a commit; a merge group that was given up takes its commit along. */
export async function findCheck(
  octokit: Octokit,
  repository: RepoName,
  { name, head, appId }: { readonly name: string; readonly head: CommitSha; readonly appId: number },
): Promise<'there' | 'missing' | 'no-commit'> {
  const [owner, repo] = ownerAndName(repository)
  try {
    const { data } = await octokit.rest.checks.listForRef({ owner, repo, ref: head, check_name: name, app_id: appId })
    return data.total_count > 0 ? 'there' : 'missing'
  } catch (error) {
    if (hasStatus(error, 404, 422)) return 'no-commit'
    throw error
  }
}
