import type { MergeMethod, ReleaseRules } from '../config/configuration.ts'
import type { BranchName, ClusterName, CommitSha, PullNumber, TreeSha, UserId } from '../ids.ts'
import type { ReleaseMarker } from '../release/marker.ts'

/** All that is known of a pull request before anything is decided about it. */
export type MergeFacts = {
  readonly now: Date
  /** The app's own numeric user id. */
  readonly bot: UserId
  readonly pull: PullRequestFacts
  readonly base: BaseFacts
  readonly checks: readonly CheckFacts[]
  /** Of the clusters that it touches; those without agents are not in it, for nothing will ever be told of them. */
  readonly diffs: readonly DiffFact[]
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
  /** undefined: a name that git takes and we do not; none of ours. */
  readonly headBranch: BranchName | undefined
  readonly head: CommitSha
  readonly headTree: TreeSha
  readonly headParents: readonly CommitSha[]
  /** How many commits it brings into its base. */
  readonly commits: number
  readonly mergeable: 'yes' | 'conflict' | 'unknown'
  /** GitHub's own summary; `blocked` without a cause that we know is a reason to wait. */
  readonly mergeState: 'clean' | 'unstable' | 'blocked' | 'behind' | 'dirty' | 'draft' | 'has-hooks' | 'unknown'
  readonly review: 'approved' | 'changes-requested' | 'required' | 'none'
  /** Approvals of exactly this head: one for an older head was for other tags. */
  readonly approvals: number
  readonly unresolvedThreads: number
}

export type BaseFacts = {
  /** For texts only. */
  readonly branch: string
  readonly isDefault: boolean
  /** Contexts that must have succeeded; with an app, only that app's word counts. */
  readonly required: readonly RequiredCheck[]
  readonly requiredApprovals: number
  readonly codeOwnersRequired: boolean
  readonly conversationsRequired: boolean
  readonly mergeQueue: boolean
  /** Rules that gate a merge and that we cannot judge, by GitHub's names. */
  readonly otherGates: readonly string[]
  /** What both the repository and its rules allow. */
  readonly methods: readonly MergeMethod[]
}

export type RequiredCheck = { readonly context: string; readonly app: number | undefined }

export type CheckFacts = {
  readonly name: string
  /** The app that reported it; undefined for a commit status. */
  readonly app: number | undefined
  readonly ours: boolean
  /** `skipped` hinders nothing, and proves nothing. */
  readonly state: 'success' | 'skipped' | 'failure' | 'pending'
}

/** Whether it is known what merging changes in a live cluster. */
export type DiffFact = {
  readonly cluster: ClusterName
  /** failed: nothing could be told, and may be later · refused: the cluster would not take it as it is. */
  readonly state: 'told' | 'pending' | 'offline' | 'failed' | 'refused'
  /** Untrusted text, for all but `told` and `pending`. */
  readonly because?: string
}

export type PlanFacts =
  /** Not computed for the default branch as it is now. */
  | { readonly kind: 'unknown' }
  /** The plan does not ask for this pull request's change. */
  | { readonly kind: 'nothing' }
  /** The plan asks for newer tags, and the pull request is about to be edited. */
  | { readonly kind: 'outdated' }
  /** The plan asks for it, and leaves it to a person who has pushed to its branch. */
  | { readonly kind: 'taken-over' }
  /** The plan asks for it, and it cannot be written: why. */
  | { readonly kind: 'refused'; readonly problem: string }
  /** What we wrote for today's plan: one commit on `parent`, whose tree is the parent's with the plan's edits. */
  | { readonly kind: 'commit'; readonly head: CommitSha; readonly parent: CommitSha; readonly tree: TreeSha }
