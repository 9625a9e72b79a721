import type { BranchName, ClusterName } from '../ids.ts'

/** A group that is wanted and has, as far as we know, no open pull request. */
export type Candidate = {
  readonly branch: BranchName
  /** Its branch is written: whoever did that died before the pull request was open, or waits for GitHub's limits. */
  readonly begun: boolean
  /** Since when it waits for a place. */
  readonly heldSinceMs: number | undefined
}

export type Admission =
  | { readonly do: 'open' }
  /** Nobody remembers it, and there is no room for all: what is open on GitHub goes on, and nothing is opened. */
  | { readonly do: 'look' }
  | { readonly do: 'hold' }

export type MaxOpenFacts = {
  readonly maxOpen: number
  /** How many release pull requests of the cluster are open. */
  readonly open: number
  readonly candidates: readonly Candidate[]
}

/**
 * Which groups of one cluster may open a pull request now: who has begun, then who waits longest, then by name. Where
 * there is no room for all, the unknown are looked at first: after a loss of the store they may be open already. Until
 * then nobody is admitted, and who is not in the answer waits for the next question.
 */
export function admit({ maxOpen, open, candidates }: MaxOpenFacts): ReadonlyMap<BranchName, Admission> {
  const room = Math.max(0, maxOpen - open)
  const unknown = candidates.filter(({ begun, heldSinceMs }) => !begun && heldSinceMs === undefined)
  if (candidates.length > room && unknown.length > 0) {
    return new Map(unknown.map(({ branch }) => [branch, { do: 'look' }]))
  }
  const inOrder = candidates.toSorted(
    (a, b) =>
      Number(b.begun) - Number(a.begun) ||
      (a.heldSinceMs ?? 0) - (b.heldSinceMs ?? 0) ||
      (a.branch < b.branch ? -1 : 1),
  )
  return new Map(inOrder.map(({ branch }, index) => [branch, { do: index < room ? 'open' : 'hold' }]))
}

/** Why a group waits, for people. */
export function heldBecause(cluster: ClusterName, maxOpen: number): string {
  const pulls = maxOpen === 1 ? 'a release pull request is' : `${maxOpen} release pull requests are`
  return `${pulls} open in ${cluster}, as many as “release.max-open” allows: merge or close one`
}
