import type { Octokit } from '@octokit/rest'
import { type CommitSha, type FilePath, type RepoName, parseCommitSha, parseFilePath } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { hasStatus } from './errors.ts'
import { ownerAndName } from './repository-name.ts'

/** GitHub names no more of them, on whatever page. */
const mostFiles = 300

export type Comparison = {
  /** Where head left base: what a pull request is compared with, however far base has gone on. */
  readonly mergeBase: CommitSha
  readonly aheadBy: number
  /** What head changed since the merge base; a renamed file with both its paths. */
  readonly touched: readonly FilePath[]
  /** false: there may be more than the touched ones. */
  readonly complete: boolean
}

/** undefined: one of the commits is gone, or they have nothing in common. */
export async function compareCommits(
  octokit: Octokit,
  repository: RepoName,
  { base, head }: { readonly base: CommitSha; readonly head: CommitSha },
): Promise<Comparison | undefined> {
  const [owner, repo] = ownerAndName(repository)
  try {
    // One commit is enough: the files are of the whole comparison and stand on the first page.
    const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
      owner,
      repo,
      basehead: `${base}...${head}`,
      per_page: 1,
      page: 1,
    })
    const files = data.files ?? []
    const paths = files.flatMap(({ filename, previous_filename: previous }) => [
      filename,
      ...(previous === undefined ? [] : [previous]),
    ])
    return {
      mergeBase: guaranteed(parseCommitSha(data.merge_base_commit.sha)),
      aheadBy: data.ahead_by,
      touched: [...new Set(paths)].map((path) => guaranteed(parseFilePath(path))),
      complete: files.length < mostFiles,
    }
  } catch (error) {
    if (hasStatus(error, 404)) return undefined
    throw error
  }
}
