import { type DiffDecision, outcomeOf } from '../diff/decide.ts'
import type { DiffOutcome } from '../diff/outcome.ts'
import { isIncomplete, isRefused, verdictOf } from '../diff/verdict.ts'
import { formatProblem } from '../parsed.ts'
import type { DiffFact } from './facts.ts'

/** What the journey of the diff decided, as a merge has to know it. */
export function diffFactsOf(decisions: readonly DiffDecision[]): readonly DiffFact[] {
  return decisions.flatMap((decision) => {
    const outcome = outcomeOf(decision)
    const state = outcome === undefined ? undefined : stateOf(outcome)
    return state === undefined ? [] : [{ cluster: decision.cluster, ...state }]
  })
}

/** undefined: nothing is told of the cluster, and nothing will be. */
function stateOf(outcome: DiffOutcome): Omit<DiffFact, 'cluster'> | undefined {
  switch (outcome.kind) {
    case 'told': {
      const [problem] = outcome.diff.problems.toSorted((a, b) => rank(a.turn) - rank(b.turn))
      const because = problem === undefined ? {} : { because: formatProblem(problem) }
      if (isRefused(outcome.diff)) return { state: 'refused', ...because }
      return isIncomplete(outcome.diff) ? { state: 'failed', ...because } : { state: 'told' }
    }
    case 'pending':
      return { state: 'pending' }
    case 'offline':
      return { state: 'offline', because: verdictOf(outcome) }
    case 'failed':
      return { state: 'failed', because: outcome.because }
    case 'withheld':
      return { state: 'failed', because: verdictOf(outcome) }
    case 'untouched':
      return undefined
  }
}

function rank(turn: 'author' | 'operator' | 'time'): number {
  return turn === 'author' ? 0 : 1
}
