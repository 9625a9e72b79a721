import type { MergeDecision } from './decide.ts'
import type { MergeFacts } from './facts.ts'
import { type ReasonKind, isAsWritten } from './rules.ts'

/** What we can do ourselves to bring a release on; for all others it is somebody else's turn. */
export type Remedy = 'look-again-soon' | 'write-anew' | 'plan-again'

const remedies: Partial<Record<ReasonKind, Remedy>> = {
  'mergeability-unknown': 'look-again-soon',
  'own-check': 'look-again-soon',
  'plan-unknown': 'plan-again',
  superseded: 'plan-again',
  outdated: 'plan-again',
}

/**
 * A commit of ours that does not fit its base is written anew whoever will merge it, so this asks the facts, not only
 * the first rule that does not hold.
 */
export function remedyFor(facts: MergeFacts, decision: MergeDecision): Remedy | undefined {
  if (decision.do !== 'wait' && decision.do !== 'block') return undefined
  if (isAsWritten(facts) && !fitsItsBase(facts)) return 'write-anew'
  return remedies[decision.because.kind]
}

function fitsItsBase({ pull }: MergeFacts): boolean {
  return pull.mergeable !== 'conflict' && pull.mergeState !== 'behind' && pull.commits === 1
}
