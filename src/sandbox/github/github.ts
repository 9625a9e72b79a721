import { type People } from './people.ts'
import { type Faults } from './faults.ts'
import { type RequestLog } from './request-log.ts'
import {
  type CheckConclusion,
  type Delivery,
  type MergeMethod,
  type Repository,
  type Role,
  type State,
} from './state.ts'

/** A GitHub on this machine: stateful, over real HTTP, on real bare git repositories. */
export type SandboxGitHub = {
  /** Pages for people, and git's smart HTTP at `/OWNER/NAME.git`. */
  readonly webUrl: string
  /** REST; GraphQL is at `webUrl + '/api/graphql'`, as on GitHub Enterprise. */
  readonly apiUrl: string
  readonly state: State

  createOrganization(login: string): { readonly id: number; readonly login: string }
  /** `token` is theirs, for git and the API. */
  createUser(login: string): { readonly id: number; readonly login: string; readonly token: string }
  addMember(organization: string, login: string, role?: 'member' | 'admin'): void

  registerApp(manifest: AppManifest, options: AppOptions): RegisteredApp
  /** A second key while rotating; both are valid. */
  addPrivateKey(appId: number): string
  setWebhookUrl(appId: number, url: string): void
  /** Gives the installation's id; `installation.created` is sent. Without `repositories`: all of the account. */
  install(appId: number, account: string, options?: { readonly repositories?: readonly string[] }): number
  uninstall(installationId: number): void
  suspend(installationId: number): void
  unsuspend(installationId: number): void
  changeRepositories(
    installationId: number,
    change: { readonly add?: readonly string[]; readonly remove?: readonly string[] },
  ): void

  createRepository(fullName: string, options?: NewRepository): Promise<Repository>
  /** A fork that belongs to `owner`, so that pull requests can come from there. */
  createFork(fullName: string, owner: string): Promise<Repository>
  repository(fullName: string): Repository
  grant(repository: string, login: string, role: Role): void
  person(login: string): People
  ci(repository: string): Ci

  addRuleset(repository: string, ruleset: NewRuleset): number
  removeRuleset(repository: string, id: number): void
  /** Classic protection: seen by GraphQL and by who may administrate, enforced all the same. */
  protectBranch(repository: string, branch: string, rules: NewBranchRules): void

  /** Oldest first. */
  readonly deliveries: readonly Delivery[]
  redeliver(deliveryId: number): void
  /** Resolves when no webhook is under way. */
  settled(): Promise<void>
  readonly requests: RequestLog
  readonly faults: Faults
  close(): Promise<void>
}

/** `app.yml`, parsed. What is not here is ignored, as GitHub does. */
export type AppManifest = {
  readonly name: string
  readonly url?: string
  readonly description?: string
  readonly default_permissions?: Readonly<Record<string, string>>
  readonly default_events?: readonly string[]
}

export type AppOptions = { readonly webhookUrl?: string; readonly webhookSecret: string; readonly owner?: string }

export type RegisteredApp = {
  readonly appId: number
  readonly slug: string
  /** PEM, PKCS#1, as GitHub hands it out. */
  readonly privateKey: string
  readonly botUserId: number
  /** `slug[bot]` */
  readonly botLogin: string
}

export type NewRepository = {
  readonly files?: Readonly<Record<string, string>>
  readonly defaultBranch?: string
  readonly private?: boolean
  readonly mergeMethods?: readonly MergeMethod[]
  readonly deleteBranchOnMerge?: boolean
  readonly allowAutoMerge?: boolean
}

export type NewBranchRules = {
  readonly requiredChecks?: readonly { readonly context: string; readonly integrationId?: number }[]
  readonly strict?: boolean
  /** 0: a pull request without approvals. */
  readonly requiredApprovals?: number
  readonly linearHistory?: boolean
  readonly blockForcePushes?: boolean
  readonly blockDeletions?: boolean
}

export type NewRuleset = NewBranchRules & {
  readonly branch: string
  readonly name?: string
  readonly bypassApps?: readonly number[]
}

/** A continuous integration that is another GitHub App than the one under test. */
export type Ci = {
  /** Makes or updates the check run of this name on a commit. */
  report(sha: string, check: CiReport): Promise<number>
  status(
    sha: string,
    status: { readonly context: string; readonly state: 'error' | 'failure' | 'pending' | 'success' },
  ): Promise<void>
}
export type CiReport = { readonly name: string } & (
  | { readonly conclusion: CheckConclusion }
  | { readonly status: 'queued' | 'in_progress' }
)
