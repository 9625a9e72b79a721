import type { Octokit } from '@octokit/rest'
import type { ClusterName, CommitSha, RepoName } from '../../core/ids.ts'
import { ownerAndName } from './repository-name.ts'

/** `lotse:production`: of the same commit and environment, a CI and other clusters may have a deployment, too. */
function taskOf(cluster: ClusterName): string {
  return `lotse:${cluster}`
}

export type DeploymentState = 'queued' | 'in_progress' | 'success' | 'failure' | 'error' | 'inactive'

export type WantedDeployment = {
  readonly cluster: ClusterName
  readonly commit: CommitSha
  readonly environment: string
  /** In a few words, for people. */
  readonly description?: string
}

/**
 * The id of our deployment of this commit to this cluster. One that is there is taken, for the answer to its creation
 * may have been lost; but not one that others have followed: to go back to a commit is to deploy it again.
 */
export async function createDeployment(
  octokit: Octokit,
  repository: RepoName,
  { cluster, commit, environment, description }: WantedDeployment,
): Promise<number> {
  const [owner, repo] = ownerAndName(repository)
  const task = taskOf(cluster)
  const { data } = await octokit.rest.repos.listDeployments({
    owner,
    repo,
    sha: commit,
    environment,
    task,
    per_page: 1,
  })
  const [known] = data
  if (known !== undefined && (await latestStatus(octokit, repository, known.id))?.state !== 'inactive') return known.id
  const created = await octokit.rest.repos.createDeployment({
    owner,
    repo,
    ref: commit,
    environment,
    task,
    // What is merged is deployed already; to merge or to wait for checks now would only delay the news of it.
    auto_merge: false,
    required_contexts: [],
    production_environment: isProduction(environment),
    ...(description === undefined ? {} : { description: shorten(description) }),
  })
  if (created.status !== 201) throw new Error(`GitHub answered ${created.status} to a deployment without a merge`)
  return created.data.id
}

export type WantedState = {
  readonly cluster: ClusterName
  readonly deployment: number
  readonly environment: string
  readonly state: DeploymentState
  readonly description?: string
  /** Where the whole story is told. */
  readonly logUrl?: string
}

/**
 * Says how a deployment goes, unless it says so already. After a success the older ones of the cluster are
 * inactive: GitHub would do that too, but not in production, and also to those of others.
 */
export async function setDeploymentState(
  octokit: Octokit,
  repository: RepoName,
  wanted: WantedState,
): Promise<'set' | 'already'> {
  const { deployment, state, description = '', logUrl } = wanted
  const said = shorten(description)
  const latest = await latestStatus(octokit, repository, deployment)
  const already = latest?.state === state && latest.description === said
  if (!already) {
    await addStatus(octokit, repository, deployment, {
      state,
      description: said,
      ...(logUrl === undefined ? {} : { log_url: logUrl }),
    })
  }
  if (state === 'success') await endOlder(octokit, repository, wanted)
  return already ? 'already' : 'set'
}

/** The oldest first, so that those behind one that is inactive are inactive, too, wherever we are interrupted. */
async function endOlder(octokit: Octokit, repository: RepoName, wanted: WantedState): Promise<void> {
  const active: number[] = []
  for (const id of await olderDeployments(octokit, repository, wanted)) {
    const latest = await latestStatus(octokit, repository, id)
    if (latest?.state === 'inactive') break
    // What failed never was active; it stays as it is, to be found.
    if (latest?.state !== 'failure' && latest?.state !== 'error') active.push(id)
  }
  for (const id of active.toReversed()) await addStatus(octokit, repository, id, { state: 'inactive', description: '' })
}

/** Newest first. Only a page of them: what is behind one that is inactive is never asked for, and failures are few. */
async function olderDeployments(
  octokit: Octokit,
  repository: RepoName,
  { cluster, deployment, environment }: WantedState,
): Promise<readonly number[]> {
  const [owner, repo] = ownerAndName(repository)
  const mine = { environment, task: taskOf(cluster) }
  const { data } = await octokit.rest.repos.listDeployments({ owner, repo, ...mine, per_page: 30 })
  return data.map(({ id }) => id).filter((id) => id < deployment)
}

async function latestStatus(octokit: Octokit, repository: RepoName, deployment: number) {
  const [owner, repo] = ownerAndName(repository)
  const { data } = await octokit.rest.repos.listDeploymentStatuses({
    owner,
    repo,
    deployment_id: deployment,
    per_page: 1,
  })
  return data[0]
}

type Status = { readonly state: DeploymentState; readonly description: string; readonly log_url?: string }

async function addStatus(octokit: Octokit, repository: RepoName, deployment: number, status: Status): Promise<void> {
  const [owner, repo] = ownerAndName(repository)
  await octokit.rest.repos.createDeploymentStatus({
    owner,
    repo,
    deployment_id: deployment,
    auto_inactive: false,
    ...status,
  })
}

/** `production`, `eu-prod`: by its name, as people read it. */
function isProduction(environment: string): boolean {
  return /(?:^|[^a-z])prod(?:uction)?(?:$|[^a-z])/i.test(environment)
}

/** GitHub takes 140 characters; half of one is none. */
function shorten(text: string): string {
  return text.length <= 140 ? text : `${text.slice(0, 139).replace(/[\uD800-\uDBFF]$/, '')}…`
}
