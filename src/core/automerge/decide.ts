import type { MergeMethod } from '../config/configuration.ts'
import type { CommitSha } from '../ids.ts'
import type { MergeFacts } from './facts.ts'
import { type Because, rules } from './rules.ts'

export type MergeDecision =
  | { readonly do: 'merge'; readonly method: MergeMethod; readonly head: CommitSha }
  /** Somebody else's turn, or time's: looked at again with the next event. */
  | { readonly do: 'wait'; readonly because: Because }
  /** It will not merge as it is. */
  | { readonly do: 'block'; readonly because: Because }
  /** Not a release of ours: nothing of it is our business. */
  | { readonly do: 'leave' }
  /** It is closed; `merged` when it reached its goal, and its branch may go. */
  | { readonly do: 'finish'; readonly merged: boolean }

export type Explained = {
  readonly rule: string
  readonly holds: 'yes' | 'no' | 'waiting'
  readonly detail: string
}

/** Whether to merge, by the first rule that does not hold. */
export function decideMerge(facts: MergeFacts): MergeDecision {
  if (!isRelease(facts)) return { do: 'leave' }
  if (facts.pull.state !== 'open') return { do: 'finish', merged: facts.pull.state === 'merged' }
  for (const rule of rules) {
    const verdict = rule.judge(facts)
    if (verdict.holds !== 'yes') return { do: verdict.holds === 'no' ? 'block' : 'wait', because: verdict.because }
  }
  // Without settings the rules above have spoken already; the type asks again.
  if (facts.settings.kind !== 'release') return { do: 'leave' }
  return { do: 'merge', method: facts.settings.release.mergeMethod, head: facts.pull.head }
}

/** Every rule with its verdict, in the order in which they are asked: the answer to `/lotse why`. */
export function explainMerge(facts: MergeFacts): readonly Explained[] {
  return rules.map((rule) => {
    const verdict = rule.judge(facts)
    return { rule: rule.says, holds: verdict.holds, detail: verdict.holds === 'yes' ? '' : verdict.because.says }
  })
}

/** Ours is what our numeric id opened, from our own repository, with our marker. Whoever pushes to it changes no author. */
export function isRelease({ pull, bot }: MergeFacts): boolean {
  return pull.author === bot && pull.sameRepository && pull.marker !== undefined
}
