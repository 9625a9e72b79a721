import type { Explained, MergeDecision } from './decide.ts'
import { formatExplained } from './explain.ts'
import type { ReasonKind } from './rules.ts'

/** The check run `lotse/policy` as it shall be. Without a conclusion it is still in progress. */
export type PolicyCheck = {
  readonly conclusion: 'success' | 'failure' | 'neutral' | undefined
  readonly title: string
  readonly summary: string
}

/** How a reason shows: what never passes by waiting must end the check, or a required check would hang for ever. */
const conclusions: Partial<Record<ReasonKind, 'success' | 'failure' | 'neutral'>> = {
  manual: 'success',
  'changed-by-person': 'neutral',
  'other-base': 'neutral',
  'no-configuration': 'failure',
  'broken-configuration': 'failure',
  'no-such-cluster': 'failure',
  'check-failed': 'failure',
  'method-not-allowed': 'failure',
}

/** undefined: the pull request is closed, and its check stays as it is. */
export function policyCheck(decision: MergeDecision, explained: readonly Explained[]): PolicyCheck | undefined {
  switch (decision.do) {
    case 'finish':
      return undefined
    case 'leave':
      return { conclusion: 'success', title: 'Not a release', summary: 'Lotse merges only what it opened itself.' }
    case 'merge':
      return { conclusion: 'success', title: 'All rules hold', summary: formatExplained(explained) }
    case 'wait':
    case 'block':
      return {
        conclusion: conclusions[decision.because.kind],
        title: title(decision.because.says),
        summary: formatExplained(explained),
      }
  }
}

function title(says: string): string {
  return (says.charAt(0).toUpperCase() + says.slice(1)).slice(0, 250)
}
