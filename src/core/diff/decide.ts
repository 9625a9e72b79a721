import type { ClusterName, CommitSha } from '../ids.ts'
import type { LiveDiff } from './live-diff.ts'
import type { DiffOutcome, WithheldBecause } from './outcome.ts'

/** All that is known of a pull request before its agents are asked what it changes. */
export type DiffFacts = {
  readonly pull: PullFacts
  /** Those of the configuration on the default branch, in its order. */
  readonly clusters: readonly ClusterFacts[]
}

export type PullFacts = {
  readonly state: 'open' | 'closed'
  readonly fromFork: boolean
  /** Whether the author has the role write; our own releases are by one who may. */
  readonly authorMayWrite: boolean | 'unknown'
  /** Where the pull request's branch left the tracked one. */
  readonly base: CommitSha
  readonly head: CommitSha
}

export type ClusterFacts = {
  readonly cluster: ClusterName
  /** Whether a file of the cluster is changed: `touchedClusters`. */
  readonly touched: boolean
  readonly agent: AgentFacts
  /** The newest answer of the agent to whatever was asked about this pull request. */
  readonly known?: KnownDiff
  /** A check of ours stands on the head already, or the base requires one: silence would leave it hanging. */
  readonly checkExpected: boolean
}

export type AgentFacts =
  | { readonly kind: 'connected' }
  /** `since`: ISO 8601; undefined when it was never seen. */
  | { readonly kind: 'offline'; readonly since?: string }
  /** The configuration names no key for the cluster. */
  | { readonly kind: 'none' }

export type KnownDiff = {
  readonly base: CommitSha
  readonly head: CommitSha
  readonly result:
    | { readonly kind: 'diff'; readonly diff: LiveDiff }
    | { readonly kind: 'failed'; readonly because: string }
}

export type DiffDecision = { readonly cluster: ClusterName } & (
  | { readonly do: 'ask'; readonly base: CommitSha; readonly head: CommitSha }
  /** Until the agent is back, which asks for all that it missed. */
  | { readonly do: 'wait'; readonly since?: string }
  | { readonly do: 'neutral'; readonly because: WithheldBecause | 'untouched' }
  | { readonly do: 'tell'; readonly outcome: DiffOutcome }
  /** No check, no word. */
  | { readonly do: 'leave' }
)

/** What to do for each cluster, in the order of the facts. */
export function decideDiff({ pull, clusters }: DiffFacts): readonly DiffDecision[] {
  return clusters.map((facts) => ({ cluster: facts.cluster, ...decideCluster(pull, facts) }))
}

type WithoutCluster<T> = T extends unknown ? Omit<T, 'cluster'> : never

function decideCluster(pull: PullFacts, facts: ClusterFacts): WithoutCluster<DiffDecision> {
  const { agent, known } = facts
  if (pull.state !== 'open' || agent.kind === 'none') return { do: 'leave' }
  if (!facts.touched) return facts.checkExpected ? { do: 'neutral', because: 'untouched' } : { do: 'leave' }
  const withheld = withheldBecause(pull)
  if (withheld !== undefined) return { do: 'neutral', because: withheld }
  // An answer about another commit is none; one about this commit counts, whatever became of the agent.
  if (known !== undefined && known.head === pull.head && known.base === pull.base) {
    return { do: 'tell', outcome: outcomeOfResult(known.result) }
  }
  if (agent.kind === 'connected') return { do: 'ask', base: pull.base, head: pull.head }
  return { do: 'wait', ...(agent.since === undefined ? {} : { since: agent.since }) }
}

/** A diff shows what runs in the cluster: to those who may change it, and unknown means no. */
function withheldBecause({ fromFork, authorMayWrite }: PullFacts): WithheldBecause | undefined {
  if (fromFork) return 'fork'
  if (authorMayWrite === 'unknown') return 'author-unknown'
  return authorMayWrite ? undefined : 'author-cannot-write'
}

function outcomeOfResult(result: KnownDiff['result']): DiffOutcome {
  return result.kind === 'diff' ? { kind: 'told', diff: result.diff } : result
}

/** What check and comment say of a decision; undefined: nothing. */
export function outcomeOf(decision: DiffDecision): DiffOutcome | undefined {
  switch (decision.do) {
    case 'ask':
      return { kind: 'pending' }
    case 'wait':
      return { kind: 'offline', ...(decision.since === undefined ? {} : { since: decision.since }) }
    case 'neutral':
      return decision.because === 'untouched' ? { kind: 'untouched' } : { kind: 'withheld', because: decision.because }
    case 'tell':
      return decision.outcome
    case 'leave':
      return undefined
  }
}
