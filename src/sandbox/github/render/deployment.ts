import { type GitHub } from '../context.ts'
import { type Deployment, type DeploymentStatus } from '../deployment.ts'
import { nodeId } from '../node-id.ts'
import { type App } from '../state.ts'
import { renderAccount } from './account.ts'
import { renderApp } from './app.ts'
import { type Json } from './json.ts'
import { repositoryUrl } from './repository.ts'

/** `deployment` */
export function renderDeployment(github: GitHub, deployment: Deployment): Json {
  const url = deploymentUrl(github, deployment)
  return {
    url,
    id: deployment.id,
    node_id: nodeId('deployment', deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.originalEnvironment,
    environment: deployment.environment,
    description: deployment.description,
    creator: renderAccount(github, deployment.creator),
    created_at: deployment.createdAt,
    updated_at: deployment.updatedAt,
    statuses_url: `${url}/statuses`,
    repository_url: repositoryUrl(github, deployment.repository),
    transient_environment: deployment.transient,
    production_environment: deployment.production,
    performed_via_github_app: renderActor(github, deployment.app),
  }
}

/** `deployment-status`. An address that was not given is an empty text. */
export function renderDeploymentStatus(github: GitHub, deployment: Deployment, status: DeploymentStatus): Json {
  const url = deploymentUrl(github, deployment)
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('deploymentStatus', status.id),
    state: status.state,
    creator: renderAccount(github, status.creator),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    deployment_url: url,
    repository_url: repositoryUrl(github, deployment.repository),
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    performed_via_github_app: renderActor(github, status.app),
  }
}

function deploymentUrl(github: GitHub, { repository, id }: Deployment): string {
  return `${repositoryUrl(github, repository)}/deployments/${id}`
}

function renderActor(github: GitHub, app: App | undefined): Json | null {
  return app === undefined ? null : renderApp(github, app)
}
