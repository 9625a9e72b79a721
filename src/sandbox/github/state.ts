import { type KeyObject } from 'node:crypto'
import { type Deployment } from './deployment.ts'
import { type GitRepository } from './git.ts'

/** Everything the sandbox's GitHub keeps. Mutable on purpose: it is the world, and `operations/` are its laws. */
export type State = {
  readonly accounts: Map<number, Account>
  readonly repositories: Map<number, Repository>
  readonly apps: Map<number, App>
  readonly installations: Map<number, Installation>
  readonly teams: Map<number, Team>
  readonly tokens: Map<string, Token>
  /** Newest last. */
  readonly deliveries: Delivery[]
  lastId: number
}

/** `2026-11-22T18:10:00Z`: without milliseconds, as GitHub writes it; ordered as text. */
export type Timestamp = string

export type Role = 'read' | 'triage' | 'write' | 'maintain' | 'admin'
export type Access = 'read' | 'write' | 'admin'
/** `{ contents: 'write', metadata: 'read' }` */
export type Permissions = Readonly<Record<string, Access>>

export type Account = {
  readonly id: number
  login: string
  readonly type: 'User' | 'Organization' | 'Bot'
  readonly createdAt: Timestamp
  /** Of an organization: account id → what they are there. */
  readonly members: Map<number, 'member' | 'admin'>
}

export type Team = {
  readonly id: number
  readonly slug: string
  readonly name: string
  readonly organization: Account
  /** By repository id. */
  readonly repositories: Map<number, Role>
}

export type MergeMethod = 'merge' | 'squash' | 'rebase'

export type Repository = {
  readonly id: number
  owner: Account
  name: string
  private: boolean
  archived: boolean
  description: string | undefined
  defaultBranch: string
  /** The repository that this one is a fork of. */
  readonly parent: Repository | undefined
  readonly createdAt: Timestamp
  updatedAt: Timestamp
  pushedAt: Timestamp
  mergeMethods: readonly MergeMethod[]
  deleteBranchOnMerge: boolean
  allowAutoMerge: boolean
  readonly git: GitRepository
  readonly collaborators: Map<number, Role>
  /** By number; a pull request is an issue with `pull`. */
  readonly issues: Map<number, Issue>
  /** By id, over all issues, oldest first. */
  readonly comments: Map<number, IssueComment>
  /** By lower-case name. */
  readonly labels: Map<string, Label>
  readonly checkSuites: Map<number, CheckSuite>
  readonly checkRuns: Map<number, CheckRun>
  /** Oldest first. */
  readonly statuses: CommitStatus[]
  /** Oldest first. */
  readonly deployments: Map<number, Deployment>
  readonly rulesets: Map<number, Ruleset>
  /** Classic branch protection, by branch. */
  readonly protections: Map<string, BranchRules>
}

export type Issue = {
  readonly id: number
  readonly repository: Repository
  readonly number: number
  title: string
  body: string | null
  readonly user: Account
  /** The app that acted through its bot when it was made. */
  readonly app: App | undefined
  state: 'open' | 'closed'
  stateReason: 'completed' | 'not_planned' | 'reopened' | null
  locked: boolean
  labels: Label[]
  assignees: Account[]
  readonly createdAt: Timestamp
  updatedAt: Timestamp
  closedAt: Timestamp | undefined
  closedBy: Account | undefined
  readonly reactions: Reaction[]
  /** Oldest first. */
  readonly timeline: TimelineEvent[]
  pull: Pull | undefined
}

export type TimelineEvent = {
  readonly id: number
  readonly event:
    | 'opened'
    | 'closed'
    | 'reopened'
    | 'merged'
    | 'renamed'
    | 'labeled'
    | 'unlabeled'
    | 'base_ref_changed'
    | 'head_ref_deleted'
    | 'head_ref_force_pushed'
    | 'committed'
    | 'converted_to_draft'
    | 'ready_for_review'
    | 'auto_merge_enabled'
    | 'auto_merge_disabled'
  readonly actor: Account
  readonly app: App | undefined
  readonly at: Timestamp
  readonly commit?: string
  readonly label?: Label
  readonly renamed?: { readonly from: string; readonly to: string }
}

export type Pull = {
  readonly id: number
  readonly issue: Issue
  /** `repository` is undefined once the fork is gone; `sha` then stays what it was. */
  readonly head: { readonly repository: Repository | undefined; readonly ref: string; sha: string }
  base: { ref: string; sha: string }
  draft: boolean
  maintainerCanModify: boolean
  merged:
    | { readonly at: Timestamp; readonly by: Account; readonly sha: string; readonly method: MergeMethod }
    | undefined
  autoMerge:
    | {
        readonly enabledBy: Account
        readonly method: MergeMethod
        readonly title: string | null
        readonly message: string | null
      }
    | undefined
  readonly reviews: Review[]
  requestedReviewers: Account[]
  requestedTeams: Team[]
}

export type Review = {
  readonly id: number
  readonly pull: Pull
  readonly user: Account
  readonly body: string
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED' | 'PENDING'
  readonly commit: string
  readonly submittedAt: Timestamp
}

export type IssueComment = {
  readonly id: number
  readonly issue: Issue
  readonly user: Account
  readonly app: App | undefined
  body: string
  readonly createdAt: Timestamp
  updatedAt: Timestamp
  readonly reactions: Reaction[]
  minimized: boolean
}

export const reactionContents = ['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes'] as const
export type ReactionContent = (typeof reactionContents)[number]
export type Reaction = {
  readonly id: number
  readonly user: Account
  readonly content: ReactionContent
  readonly createdAt: Timestamp
}

export type Label = {
  readonly id: number
  name: string
  color: string
  description: string | null
  readonly default: boolean
}

export type CheckStatus = 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending'
export type CheckConclusion =
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required'
  | 'stale'

/** One per app and head commit; of what runs workflows one per run of each. Status and conclusion follow from its runs. */
export type CheckSuite = {
  readonly id: number
  readonly repository: Repository
  readonly app: App
  readonly workflowRun: WorkflowRun | undefined
  readonly headSha: string
  readonly headBranch: string | null
  readonly before: string | null
  readonly createdAt: Timestamp
  updatedAt: Timestamp
}

export type WorkflowRun = {
  readonly id: number
  /** Counts the runs of one workflow, from 1. */
  readonly number: number
  readonly workflow: { readonly id: number; readonly name: string }
}

export type CheckRun = {
  readonly id: number
  readonly suite: CheckSuite
  name: string
  externalId: string
  detailsUrl: string | null
  status: CheckStatus
  conclusion: CheckConclusion | null
  startedAt: Timestamp | null
  completedAt: Timestamp | null
  output: { title: string | null; summary: string | null; text: string | null; annotations: Annotation[] }
  actions: readonly { readonly label: string; readonly description: string; readonly identifier: string }[]
}

export type Annotation = {
  readonly path: string
  readonly start_line: number
  readonly end_line: number
  readonly start_column?: number
  readonly end_column?: number
  readonly annotation_level: 'notice' | 'warning' | 'failure'
  readonly message: string
  readonly title?: string
  readonly raw_details?: string
}

export type CommitStatus = {
  readonly id: number
  readonly sha: string
  readonly state: 'error' | 'failure' | 'pending' | 'success'
  readonly context: string
  readonly description: string | null
  readonly targetUrl: string | null
  readonly creator: Account
  readonly createdAt: Timestamp
}

/** What is asked of a branch, by a ruleset or by classic protection alike. */
export type BranchRules = {
  readonly requiredChecks: readonly { readonly context: string; readonly integrationId?: number }[]
  /** The head must contain the base's tip. */
  readonly strict: boolean
  /** Undefined: no pull request is needed; 0: one is needed, without approvals. */
  readonly requiredApprovals: number | undefined
  readonly linearHistory: boolean
  readonly blockForcePushes: boolean
  readonly blockDeletions: boolean
}

export type Ruleset = {
  readonly id: number
  readonly name: string
  readonly enforcement: 'active' | 'disabled' | 'evaluate'
  /** `main`, `release/*`, `~DEFAULT_BRANCH` or `~ALL`. */
  readonly branch: string
  readonly rules: BranchRules
  /** Ids of apps that may do what the rules forbid. */
  readonly bypassApps: readonly number[]
  readonly createdAt: Timestamp
}

export type App = {
  readonly id: number
  readonly slug: string
  readonly name: string
  readonly description: string | null
  readonly externalUrl: string
  readonly owner: Account
  /** `slug[bot]`, the account under which its installations act. */
  readonly bot: Account
  permissions: Permissions
  events: readonly string[]
  readonly publicKeys: KeyObject[]
  hook: { readonly id: number; url: string; secret: string } | undefined
  readonly createdAt: Timestamp
}

export type Installation = {
  readonly id: number
  readonly app: App
  readonly account: Account
  selection: 'all' | 'selected'
  /** Repository ids; meaningful when `selected`. */
  readonly repositories: Set<number>
  permissions: Permissions
  events: readonly string[]
  suspendedAt: Timestamp | undefined
  readonly createdAt: Timestamp
  updatedAt: Timestamp
}

export type Token =
  | { readonly kind: 'person'; readonly token: string; readonly account: Account }
  | {
      readonly kind: 'installation'
      readonly token: string
      readonly installation: Installation
      readonly permissions: Permissions
      /** Repository ids; undefined: all of the installation. */
      readonly repositories: ReadonlySet<number> | undefined
      readonly expiresAt: Timestamp
    }

/** One attempt to deliver one event to one app. */
export type Delivery = {
  readonly id: number
  /** The same for each attempt at the same event. */
  readonly guid: string
  readonly app: App
  readonly installation: Installation | undefined
  readonly repository: Repository | undefined
  readonly event: string
  readonly action: string | null
  readonly redelivery: boolean
  readonly at: Timestamp
  /** 1 for the first. */
  readonly attempt: number
  readonly url: string
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly payload: Readonly<Record<string, unknown>>
  /** The bytes that were signed. */
  readonly body: string
  state: 'under-way' | 'delivered' | 'failed' | 'lost'
  durationSeconds: number
  /** `OK`, `Invalid HTTP Response: 500`, `timed out`, `failed to connect to host`. */
  status: string
  /** 0 while under way; what the receiver answered, or 502 when it could not be reached, 504 when it took too long. */
  statusCode: number
  responseHeaders: Readonly<Record<string, string>>
  responseBody: string
}
