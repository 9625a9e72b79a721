import type { ImageName } from '../../core/image/ref.ts'
import { parseTagPolicy, policyAllows } from '../../core/image/tag-policy.ts'
import type { Problem } from '../../core/parsed.ts'
import type { SkippedBecause } from '../../core/release/plan.ts'
import { skippedText } from './because.ts'

/** What the registry of an image lists and does not show, with the reason, in the order in which it was asked. */
export type NotShown = {
  /** Tags that may as well not be there. */
  readonly tags: ReadonlyMap<string, string>
  /** Digests of which nobody knows what they are, each with one of its tags. */
  readonly contents: ReadonlyMap<string, { readonly tag: string; readonly because: string }>
}

export const allIsShown: NotShown = { tags: new Map(), contents: new Map() }

/** A plan that takes another tag instead tells nothing of these. */
export function notShownOf(image: ImageName, { tags, contents }: NotShown): readonly Problem[] {
  const read = [...contents.values()].map(({ tag, because }) => [tag, because] as const)
  return [...lineOf([...tags], 'is passed over'), ...lineOf(read, 'cannot be read')].map((line) => ({
    message: `${image}:${line}`,
  }))
}

function lineOf(reasons: readonly (readonly [tag: string, because: string])[], what: string): readonly string[] {
  const [first, ...others] = reasons
  if (first === undefined) return []
  const more = others.length === 0 ? '' : ` (and ${others.length} more of its tags)`
  return [`${first[0]} ${what}${more}: ${first[1]}`]
}

/** Why an image is left as it is, with what its registry said where that is the cause. */
export function whySkipped(because: SkippedBecause, { tags, contents }: NotShown): string {
  const text = skippedText(because)
  if (because.kind === 'no-allowed-tag') {
    const policy = parseTagPolicy(because.policy)
    const [tag, reason] = [...tags].find(([tag]) => policy.ok && policyAllows(policy.value, tag)) ?? []
    // That it cannot be had is not that there is none.
    if (tag !== undefined) return `no tag that matches ${because.policy} can be had: ${tag} is listed, but ${reason}`
  }
  if (because.kind === 'order-by-created' || because.kind === 'platforms-unknown') {
    const unread = [...contents.values()].find(({ tag }) => because.kind === 'order-by-created' || tag === because.tag)
    if (unread !== undefined) return `${text}; ${unread.tag} cannot be read: ${unread.because}`
  }
  return text
}
