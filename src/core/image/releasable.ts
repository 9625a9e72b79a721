import { type WhyNone, allowedTags, isOlder, isSilentTime, newestOf } from './newest.ts'
import { type Platform, missingPlatforms } from './platform.ts'
import { type TagPolicy } from './tag-policy.ts'
import { type Known, type KnownTag, createdTimes, isOrderedByTime } from './wanted-metadata.ts'

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
    /** `until` as RFC 3339. */
    | { readonly kind: 'too-young'; readonly until: string }
}

/** How long a tag must have been seen before it is released. A tag that nobody remembers was seen only now. */
export type AgeRule = {
  readonly minimumMs: number
  readonly nowMs: number
  readonly seenSinceMs: (tag: string) => number | undefined
}

export type TagKnowledge = {
  readonly known: Known
  /** What the current image runs on; undefined where nobody knows, and then nothing is held back for it. */
  readonly needs: readonly Platform[] | undefined
  readonly age?: AgeRule
}

/** The newest tag that is old enough and runs wherever the current image runs. Only of the winner that must be known. */
export function newestReleasableTag(
  policy: TagPolicy,
  tags: readonly string[],
  knowledge: TagKnowledge,
): ReleasableTag {
  const { known, needs } = knowledge
  const allowed = allowedTags(policy, tags)
  const unfit = new Map(
    allowed.flatMap((tag) => {
      const because = whyUnfit(tag, knowledge)
      return because === undefined ? [] : [[tag, because] as const]
    }),
  )
  const usable = allowed.filter((tag) => !unfit.has(tag))
  const created = createdTimes(known)
  const newest = newestOf(policy, usable, created)
  const winner = newest.kind === 'newest' ? newest.tag : undefined
  const heldBack = allowed.flatMap((tag): readonly HeldBack[] => {
    const because = tag === winner ? undefined : (unfit.get(tag) ?? whyTimeless(policy, known(tag)))
    const behind = because !== undefined && winner !== undefined && isOlder(policy, tag, winner, created)
    return because === undefined || behind ? [] : [{ tag, because }]
  })
  heldBack.sort((a, b) => (a.tag < b.tag ? -1 : 1))
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

function whyUnfit(tag: string, { known, needs = [], age }: TagKnowledge): HeldBack['because'] | undefined {
  // Of an image that nobody has read nothing is missing yet: it may run on all of them.
  const image = known(tag)?.image
  const platforms = image === undefined ? [] : missingPlatforms(needs, image.platforms)
  if (platforms.length > 0) return { kind: 'platforms-missing', platforms }
  if (age === undefined || age.minimumMs === 0) return undefined
  const until = (age.seenSinceMs(tag) ?? age.nowMs) + age.minimumMs
  return until <= age.nowMs ? undefined : { kind: 'too-young', until: new Date(until).toISOString() }
}

function whyTimeless(policy: TagPolicy, tag: KnownTag | undefined): HeldBack['because'] | undefined {
  const created = tag?.created ?? (tag?.image === undefined ? undefined : (tag.image.created ?? ''))
  const isTimeless = isOrderedByTime(policy) && created !== undefined && isSilentTime(created)
  return isTimeless ? { kind: 'created-missing' } : undefined
}
