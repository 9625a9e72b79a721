import type { ReasonKind } from './rules.ts'

/** What we can do ourselves about a reason to wait; for all others it is somebody else's turn. */
export type Remedy = 'look-again-soon' | 'write-anew' | 'plan-again'

const remedies: Partial<Record<ReasonKind, Remedy>> = {
  'mergeability-unknown': 'look-again-soon',
  conflict: 'write-anew',
  behind: 'write-anew',
  'plan-unknown': 'plan-again',
  superseded: 'plan-again',
}

export function remedyFor(because: ReasonKind): Remedy | undefined {
  return remedies[because]
}
