import { type Account, type App, type Repository, type Timestamp } from './state.ts'

export const deploymentStates = ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success'] as const
export type DeploymentState = (typeof deploymentStates)[number]

export type Deployment = {
  readonly id: number
  readonly repository: Repository
  readonly sha: string
  /** As it was asked for: a branch, a tag or a commit. */
  readonly ref: string
  readonly task: string
  readonly payload: Readonly<Record<string, unknown>> | string
  readonly originalEnvironment: string
  environment: string
  readonly description: string | null
  readonly transient: boolean
  readonly production: boolean
  readonly creator: Account
  readonly app: App | undefined
  readonly createdAt: Timestamp
  updatedAt: Timestamp
  /** Oldest first. */
  readonly statuses: DeploymentStatus[]
}

export type DeploymentStatus = {
  readonly id: number
  readonly state: DeploymentState
  readonly description: string
  readonly environment: string
  readonly environmentUrl: string
  readonly logUrl: string
  readonly creator: Account
  readonly app: App | undefined
  readonly createdAt: Timestamp
}
