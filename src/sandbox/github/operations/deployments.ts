import { ApiError, unprocessable, validationFailed } from '../api-error.ts'
import { type Actor } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { type Deployment, type DeploymentState, type DeploymentStatus } from '../deployment.ts'
import { isAncestor } from '../git/history.ts'
import { nextId } from '../lookup.ts'
import { type Repository } from '../state.ts'
import { latestRuns, latestStatuses, runState, statusState } from './check-state.ts'

export type NewDeployment = Pick<
  Deployment,
  'sha' | 'ref' | 'task' | 'payload' | 'environment' | 'description' | 'transient'
> & {
  readonly production: boolean | undefined
  readonly autoMerge: boolean
  /** Undefined: everything that has reported. */
  readonly requiredContexts: readonly string[] | undefined
}

type By = { readonly repository: Repository; readonly actor: Actor }

export async function createDeployment(
  github: GitHub,
  { repository, actor }: By,
  wanted: NewDeployment,
): Promise<Deployment> {
  const { sha, ref, task, payload, environment, description, transient } = wanted
  if (wanted.autoMerge) await refuseMerge(repository, wanted)
  refuseUnready(repository, wanted)
  const at = timestamp(github)
  const deployment: Deployment = {
    id: nextId(github.state),
    repository,
    sha,
    ref,
    task,
    payload,
    environment,
    description,
    transient,
    originalEnvironment: environment,
    production: wanted.production ?? environment === 'production',
    creator: actor.account,
    app: actor.app,
    createdAt: at,
    updatedAt: at,
    statuses: [],
  }
  repository.deployments.set(deployment.id, deployment)
  return deployment
}

/** GitHub would merge the default branch into what is behind it; the sandbox does not, and says so. */
async function refuseMerge({ git, defaultBranch }: Repository, { ref, sha }: NewDeployment): Promise<void> {
  const head = git.refs.get(`refs/heads/${defaultBranch}`)
  if (head === undefined || !git.refs.all().has(`refs/heads/${ref}`) || (await isAncestor(git.path, head, sha))) return
  throw new ApiError(501, `the sandbox does not merge ${defaultBranch} into ${ref} for a deployment`)
}

function refuseUnready(repository: Repository, { sha, ref, requiredContexts }: NewDeployment): void {
  const reported = new Map([
    ...latestRuns(repository, sha).map((run) => [run.name, runState(run)] as const),
    ...latestStatuses(repository, sha).map((status) => [status.context, statusState(status)] as const),
  ])
  const contexts = requiredContexts ?? [...reported.keys()]
  if (contexts.every((context) => reported.get(context) === 'success')) return
  throw new ApiError(409, `Conflict: Commit status checks failed for ${ref}.`)
}

export type NewDeploymentStatus = Pick<DeploymentStatus, 'state' | 'description' | 'environmentUrl' | 'logUrl'> & {
  /** Undefined: it stays as it is. */
  readonly environment: string | undefined
  readonly autoInactive: boolean
}

export function addDeploymentStatus(
  github: GitHub,
  { deployment, actor }: { readonly deployment: Deployment; readonly actor: Actor },
  { autoInactive, ...wanted }: NewDeploymentStatus,
): DeploymentStatus {
  refuseLong(wanted.description)
  deployment.environment = wanted.environment ?? deployment.environment
  const status = append(github, { deployment, actor }, { ...wanted, environment: deployment.environment })
  if (autoInactive && wanted.state === 'success') endOlder(github, { deployment, actor })
  return status
}

/** Of the same environment, those that were a success before; never in production, and never what is not to stay. */
function endOlder(
  github: GitHub,
  { deployment, actor }: { readonly deployment: Deployment; readonly actor: Actor },
): void {
  for (const older of deployment.repository.deployments.values()) {
    if (older.id >= deployment.id || older.environment !== deployment.environment) continue
    if (older.transient || older.production || stateOf(older) !== 'success') continue
    const { environment } = older
    const empty = { description: '', environmentUrl: '', logUrl: '' }
    append(github, { deployment: older, actor }, { ...empty, state: 'inactive', environment })
  }
}

function append(
  github: GitHub,
  { deployment, actor }: { readonly deployment: Deployment; readonly actor: Actor },
  given: Pick<DeploymentStatus, 'state' | 'description' | 'environment' | 'environmentUrl' | 'logUrl'>,
): DeploymentStatus {
  const { account: creator, app } = actor
  const status = { ...given, id: nextId(github.state), creator, app, createdAt: timestamp(github) }
  deployment.statuses.push(status)
  deployment.updatedAt = status.createdAt
  return status
}

export function stateOf({ statuses }: Deployment): DeploymentState | undefined {
  return statuses.at(-1)?.state
}

function refuseLong(description: string): void {
  if (description.length <= 140) return
  throw validationFailed({
    resource: 'DeploymentStatus',
    field: 'description',
    code: 'custom',
    message: 'description is too long (maximum is 140 characters)',
  })
}

export function noRef(ref: string): ApiError {
  return unprocessable(`No ref found for: ${ref}`)
}
