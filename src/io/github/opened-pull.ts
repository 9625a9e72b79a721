import type { Octokit } from '@octokit/rest'
import type { Reviewer } from '../../core/config/configuration.ts'
import type { InstallationId, PullNumber, RepoId, RepoName } from '../../core/ids.ts'
import { UserError } from '../../core/user-error.ts'
import type { GitHub } from './client.ts'
import { hasStatus } from './errors.ts'
import { ownerAndName } from './repository-name.ts'

/** Why GitHub would not, in its own words; undefined: it is done. */
export type Refused = string | undefined

/** Those that the repository does not have yet, GitHub makes. */
export async function addLabels(
  octokit: Octokit,
  repository: RepoName,
  { number, labels }: { readonly number: PullNumber; readonly labels: readonly string[] },
): Promise<Refused> {
  const [owner, repo] = ownerAndName(repository)
  return refusedOr(octokit.rest.issues.addLabels({ owner, repo, issue_number: number, labels: [...labels] }))
}

/** One who cannot be asked has GitHub ask nobody of them. */
export async function requestReviewers(
  octokit: Octokit,
  repository: RepoName,
  { number, reviewers }: { readonly number: PullNumber; readonly reviewers: readonly Reviewer[] },
): Promise<Refused> {
  const [owner, repo] = ownerAndName(repository)
  const named = (kind: Reviewer['kind']): string[] =>
    reviewers.filter((reviewer) => reviewer.kind === kind).map(({ name }) => name)
  const [users, teams] = [named('user'), named('team')]
  return refusedOr(
    octokit.rest.pulls.requestReviewers({
      owner,
      repo,
      pull_number: number,
      ...(users.length === 0 ? {} : { reviewers: users }),
      ...(teams.length === 0 ? {} : { team_reviewers: teams }),
    }),
  )
}

/**
 * The client that may name teams. GitHub's description asks for `pull_requests` alone, and then cannot resolve the team
 * (https://github.com/github/docs/issues/35057). undefined: the organisation has not granted it.
 */
export async function teamsClient(
  github: Pick<GitHub, 'as'>,
  scope: { readonly installation: InstallationId; readonly repository: RepoId },
): Promise<Octokit | undefined> {
  try {
    return await github.as({ ...scope, profile: 'reviewers' })
  } catch (error) {
    if (hasStatus(error, 422)) return undefined
    throw error
  }
}

async function refusedOr(request: Promise<unknown>): Promise<Refused> {
  try {
    await request
    return undefined
  } catch (error) {
    // What the app may not do is translated already, and says which permission it needs.
    const answer = error instanceof UserError ? error.cause : error
    if (!(error instanceof Error) || !hasStatus(answer, 403, 404, 410, 422)) throw error
    return error.message
  }
}
