import { type WhyNone, isOlder, isSilentTime, newestAllowedTag } from './newest.ts'
import { type Platform, missingPlatforms } from './platform.ts'
import { type TagPolicy, policyAllows } from './tag-policy.ts'
import { type Known, createdTimes, isOrderedByTime } from './wanted-metadata.ts'

export type ReleasableTag =
  | { readonly kind: 'newest'; readonly tag: string; readonly heldBack: readonly HeldBack[] }
  | { readonly kind: 'none'; readonly because: WhyNotReleasable; readonly heldBack: readonly HeldBack[] }

export type WhyNotReleasable =
  | WhyNone
  /** It would be this one; what it runs on has to be read first. */
  | { readonly kind: 'platforms-unknown'; readonly tag: string }

/** A tag that the policy allows and that is not behind the one to release, and why it is not the one. */
export type HeldBack = {
  readonly tag: string
  readonly because:
    | { readonly kind: 'platforms-missing'; readonly platforms: readonly Platform[] }
    /** It says no time, or none that could be true, so that it is newer cannot be told. */
    | { readonly kind: 'created-missing' }
}

/**
 * The newest tag that runs wherever the current image runs. Only of the winner it must be known: `needs` is undefined
 * where nobody knows what the current image runs on, and then nothing is held back for it.
 */
export function newestReleasableTag(
  policy: TagPolicy,
  tags: readonly string[],
  { known, needs }: { readonly known: Known; readonly needs: readonly Platform[] | undefined },
): ReleasableTag {
  const allowed = [...new Set(tags)].filter((tag) => policyAllows(policy, tag))
  const lacking = new Map(allowed.map((tag) => [tag, lackingPlatforms(known, tag, needs)]))
  const usable = allowed.filter((tag) => lacking.get(tag)?.length === 0)
  const created = createdTimes(known)
  const newest = newestAllowedTag(policy, usable, created)
  const winner = newest.kind === 'newest' ? newest.tag : undefined
  const heldBack = allowed.toSorted().flatMap((tag): readonly HeldBack[] => {
    const because = tag === winner ? undefined : whyHeldBack(policy, known, { tag, lacks: lacking.get(tag) ?? [] })
    const behind = because !== undefined && winner !== undefined && isOlder(policy, tag, winner, created)
    return because === undefined || behind ? [] : [{ tag, because }]
  })
  if (newest.kind === 'none') {
    // `usable` is what is left of the tags, but that none is left is not that none is there.
    const because =
      newest.because.kind === 'no-tags' && tags.length > 0 ? ({ kind: 'no-match' } as const) : newest.because
    return { kind: 'none', because, heldBack }
  }
  const mustBeKnown = needs !== undefined && needs.length > 0
  return mustBeKnown && known(newest.tag)?.image === undefined
    ? { kind: 'none', because: { kind: 'platforms-unknown', tag: newest.tag }, heldBack }
    : { kind: 'newest', tag: newest.tag, heldBack }
}

/** None of an image that nobody has read: it may have them all. */
function lackingPlatforms(known: Known, tag: string, needs: readonly Platform[] = []): readonly Platform[] {
  const image = known(tag)?.image
  return image === undefined ? [] : missingPlatforms(needs, image.platforms)
}

function whyHeldBack(
  policy: TagPolicy,
  known: Known,
  { tag, lacks }: { readonly tag: string; readonly lacks: readonly Platform[] },
): HeldBack['because'] | undefined {
  if (lacks.length > 0) return { kind: 'platforms-missing', platforms: lacks }
  const image = known(tag)?.image
  const timeless = isOrderedByTime(policy) && image !== undefined && isSilentTime(image.created ?? '')
  return timeless ? { kind: 'created-missing' } : undefined
}
