import { type BranchRules } from '../state.ts'

export type NewBranchRules = {
  readonly requiredChecks?: readonly { readonly context: string; readonly integrationId?: number }[]
  /** The head must contain the base's tip. */
  readonly strict?: boolean
  /** 0: a pull request without approvals. Undefined: no pull request is needed. */
  readonly requiredApprovals?: number
  readonly linearHistory?: boolean
  readonly blockForcePushes?: boolean
  readonly blockDeletions?: boolean
}

export type NewRuleset = NewBranchRules & {
  /** `main`, `release/*`, `~DEFAULT_BRANCH` or `~ALL`. */
  readonly branch: string
  readonly name?: string
  /** Ids of apps that may do what the rules forbid. */
  readonly bypassApps?: readonly number[]
}

/** As GitHub sets a new one up: no forced pushes, no deletion, everything else only when asked for. */
export function readBranchRules(rules: NewBranchRules): BranchRules {
  return {
    requiredChecks: rules.requiredChecks ?? [],
    strict: rules.strict ?? false,
    requiredApprovals: rules.requiredApprovals,
    linearHistory: rules.linearHistory ?? false,
    blockForcePushes: rules.blockForcePushes ?? true,
    blockDeletions: rules.blockDeletions ?? true,
  }
}
