import { escapeMarkdown } from '../markdown.ts'
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
  // People may review and merge meanwhile, also where this check is required.
  freeze: 'success',
  window: 'success',
  'own-check': 'success',
  'merge-queue': 'success',
  'unknown-gate': 'success',
  superseded: 'neutral',
  'changed-by-person': 'neutral',
  'other-base': 'neutral',
  'no-configuration': 'failure',
  'broken-configuration': 'failure',
  'no-such-cluster': 'failure',
  'check-failed': 'failure',
  'diff-refused': 'failure',
  'edit-refused': 'failure',
  'method-not-allowed': 'failure',
}

/** undefined: there is nothing to say; a merge says so when it is done. */
export function policyCheck(decision: MergeDecision, explained: readonly Explained[]): PolicyCheck | undefined {
  switch (decision.do) {
    case 'merge':
      return undefined
    case 'finish':
      return decision.merged ? { conclusion: 'success', title: 'Merged', summary: '' } : undefined
    case 'leave':
      return { conclusion: 'success', title: 'Not a release', summary: 'Lotse merges only what it opened itself.' }
    case 'wait':
    case 'block':
      return {
        conclusion: conclusions[decision.because.kind],
        title: title(decision.because.says),
        summary: formatExplained(explained),
      }
  }
}

/** On the commit of a merge queue: who queued the pull request has seen its own check. */
export const mergeGroupCheck: PolicyCheck = {
  conclusion: 'success',
  title: 'Judged on its pull request',
  summary: 'Lotse merges only what it opened itself, and leaves the queue to people.',
}

/** Every rule of ours holds, and GitHub refuses all the same. `says` is GitHub's sentence. */
export function refusedMergeCheck(says: string): PolicyCheck {
  return { conclusion: undefined, title: 'GitHub refused the merge', summary: escapeMarkdown(says) }
}

function title(says: string): string {
  return (says.charAt(0).toUpperCase() + says.slice(1)).slice(0, 250)
}
