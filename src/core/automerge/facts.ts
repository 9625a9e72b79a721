import type { MergeMethod, ReleaseRules } from '../config/configuration.ts'
import type { BranchName, CommitSha, PullNumber, TreeSha, UserId } from '../ids.ts'
import type { ReleaseMarker } from '../release/marker.ts'

/** All that is known of a pull request before anything is decided about it. */
export type MergeFacts = {
  /** The app's own numeric user id. */
  readonly bot: UserId
  readonly pull: PullRequestFacts
  readonly base: BaseFacts
  readonly checks: readonly CheckFacts[]
  readonly settings: SettingsFacts
  readonly plan: PlanFacts
}

/** What the configuration on the default branch says of the release's cluster. */
export type SettingsFacts =
  | { readonly kind: 'release'; readonly release: ReleaseRules }
  | { readonly kind: 'absent' }
  | { readonly kind: 'broken'; readonly problem: string }
  | { readonly kind: 'no-such-cluster' }

export type PullRequestFacts = {
  readonly number: PullNumber
  readonly state: 'open' | 'closed' | 'merged'
  readonly draft: boolean
  readonly author: UserId | undefined
  readonly marker: ReleaseMarker | undefined
  readonly sameRepository: boolean
  readonly headBranch: BranchName
  readonly head: CommitSha
  readonly headTree: TreeSha
  readonly headParents: readonly CommitSha[]
  readonly mergeable: 'yes' | 'conflict' | 'unknown'
  /** GitHub's own summary; `blocked` without a cause that we know is a reason to wait. */
  readonly mergeState: 'clean' | 'unstable' | 'blocked' | 'behind' | 'dirty' | 'draft' | 'has-hooks' | 'unknown'
  readonly review: 'approved' | 'changes-requested' | 'required' | 'none'
}

export type BaseFacts = {
  readonly branch: BranchName
  readonly isDefault: boolean
  /** Contexts that must have succeeded; with an app, only that app's word counts. */
  readonly required: readonly RequiredCheck[]
  readonly requiredApprovals: number
  readonly codeOwnersRequired: boolean
  readonly upToDateRequired: boolean
  readonly mergeQueue: boolean
  /** What both the repository and its rules allow. */
  readonly methods: readonly MergeMethod[]
}

export type RequiredCheck = { readonly context: string; readonly app: number | undefined }

export type CheckFacts = {
  readonly name: string
  /** The app that reported it; undefined for a commit status. */
  readonly app: number | undefined
  readonly ours: boolean
  readonly state: 'success' | 'failure' | 'pending'
}

export type PlanFacts =
  /** Not computed for the default branch as it is now. */
  | { readonly kind: 'unknown' }
  /** The plan does not ask for this pull request's change. */
  | { readonly kind: 'nothing' }
  /** The plan asks for it, and leaves it to a person who has pushed to its branch. */
  | { readonly kind: 'taken-over' }
  /** What the head must be: one commit on `parent`, whose tree is the parent's with today's edits, and nothing else. */
  | { readonly kind: 'commit'; readonly parent: CommitSha; readonly tree: TreeSha }
