import type { Octokit } from '@octokit/rest'
import type { MergeMethod } from '../../core/config/configuration.ts'
import { type BranchName, type CommitSha, type PullNumber, type RepoName, parsePullNumber } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import type { PullRequestText } from '../../core/release/pull-request-text.ts'
import { hasStatus } from './errors.ts'
import { ownerAndName } from './repository-name.ts'

export async function openPull(
  octokit: Octokit,
  repository: RepoName,
  pull: { readonly head: BranchName; readonly base: BranchName; readonly text: PullRequestText },
): Promise<PullNumber> {
  const [owner, repo] = ownerAndName(repository)
  const { data } = await octokit.rest.pulls.create({ owner, repo, head: pull.head, base: pull.base, ...pull.text })
  return guaranteed(parsePullNumber(data.number))
}

export async function editPull(
  octokit: Octokit,
  repository: RepoName,
  number: PullNumber,
  change: Partial<PullRequestText> & { readonly base?: BranchName; readonly state?: 'closed' },
): Promise<void> {
  const [owner, repo] = ownerAndName(repository)
  await octokit.rest.pulls.update({ owner, repo, pull_number: number, ...change })
}

export type MergeOutcome =
  | { readonly kind: 'merged' }
  /** The head moved, or GitHub sees a reason that we did not: look again. */
  | { readonly kind: 'refused'; readonly because: string }

/** Merges exactly the head that was judged. */
export async function mergePull(
  octokit: Octokit,
  repository: RepoName,
  number: PullNumber,
  merge: { readonly head: CommitSha; readonly method: MergeMethod },
): Promise<MergeOutcome> {
  const [owner, repo] = ownerAndName(repository)
  try {
    await octokit.rest.pulls.merge({
      owner,
      repo,
      pull_number: number,
      sha: merge.head,
      merge_method: merge.method,
    })
    return { kind: 'merged' }
  } catch (error) {
    if (!hasStatus(error, 405, 409, 422)) throw error
    return { kind: 'refused', because: error instanceof Error ? error.message : 'GitHub refused the merge' }
  }
}
