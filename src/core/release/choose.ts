import { isOlder, newestAllowedTag } from '../image/newest.ts'
import type { Platform } from '../image/platform.ts'
import { type AgeRule, type HeldBack, type ReleasableTag, newestReleasableTag } from '../image/releasable.ts'
import { type TagPolicy, policyAllows } from '../image/tag-policy.ts'
import { type Known, createdTimes, wantedMetadata } from '../image/wanted-metadata.ts'
import type { SkippedBecause } from './plan.ts'

/** What the registry and our memory know of an image's tags. */
export type ChoiceFacts = {
  readonly tags: readonly string[]
  readonly known: Known
  /** When the registry's list first had a tag. */
  readonly listedSinceMs: (tag: string) => number | undefined
  readonly nowMs: number
}

export type ChoiceRules = {
  readonly policy: TagPolicy
  readonly current: string | undefined
  readonly minimumAgeMs: number
}

/** Why a change is due now: the newest tag is newer, or the current one can be no measure. */
export type WhyNow = { readonly kind: 'newer' | 'current-absent' | 'current-not-allowed' }

/** What has to be looked up before the choice is final: what a tag points to, or what a digest is. */
export type WantedLookup =
  | { readonly what: 'digest'; readonly tag: string }
  | { readonly what: 'content'; readonly tag: string; readonly digest: string }

export type Choice = (
  | { readonly kind: 'tag'; readonly tag: string; readonly because: WhyNow }
  | { readonly kind: 'none'; readonly because: SkippedBecause }
) & {
  readonly heldBack: readonly HeldBack[]
  /** Empty: the choice is final. */
  readonly lookups: readonly WantedLookup[]
}

/** So many in one run, for each image; the next run goes on. */
const mostLookups = 64
/** What a tag points to is looked up again after this before it is released: it may have been replaced. */
const freshMs = 3_600_000
/** The same where it has to be old enough. */
const freshWithAgeMs = 600_000

/** The tag that replaces the current one, or why none does. */
export function chooseTag(facts: ChoiceFacts, rules: ChoiceRules): Choice {
  const ordering = wantedMetadata(rules.policy, facts.tags, { known: facts.known, atMost: mostLookups })
  const lookups: readonly WantedLookup[] = [
    ...ordering.describe.map(({ tag, digest }) => ({ what: 'content', tag, digest }) as const),
    ...ordering.resolve.map((tag) => ({ what: 'digest', tag }) as const),
  ]
  if (lookups.length > 0) return { kind: 'none', because: { kind: 'order-by-created' }, heldBack: [], lookups }
  const needs = platformsOfCurrent(facts, rules)
  const newest = newestReleasableTag(rules.policy, facts.tags, {
    known: facts.known,
    needs,
    age: ageRule(facts, rules),
  })
  const choice = judge(facts, rules, newest)
  return { ...choice, heldBack: newest.heldBack, lookups: lookupsFor(facts, rules, { newest, choice }) }
}

type Judged =
  | { readonly kind: 'tag'; readonly tag: string; readonly because: WhyNow }
  | { readonly kind: 'none'; readonly because: SkippedBecause }

function judge({ known, tags }: ChoiceFacts, { policy, current }: ChoiceRules, newest: ReleasableTag): Judged {
  const none = (because: SkippedBecause): Judged => ({ kind: 'none', because })
  const held = mostWanted(policy, newest.heldBack, known)
  if (newest.kind === 'none') {
    switch (newest.because.kind) {
      case 'created-unknown':
        return none({ kind: 'order-by-created' })
      case 'no-number':
        return none({ kind: 'no-number', tag: newest.because.tags[0] ?? '' })
      case 'platforms-unknown':
        return none({ kind: 'platforms-unknown', tag: newest.because.tag })
      case 'no-tags':
      case 'no-match':
        return none(held === undefined ? { kind: 'no-allowed-tag', policy: policy.text } : heldBack(held))
    }
  }
  if (newest.tag === current) return none(held === undefined ? { kind: 'up-to-date' } : heldBack(held))
  if (current === undefined) return { kind: 'tag', tag: newest.tag, because: { kind: 'current-absent' } }
  if (isOlder(policy, newest.tag, current, createdTimes(known)))
    return none(held === undefined ? { kind: 'older-than-current', newest: newest.tag } : heldBack(held))
  return { kind: 'tag', tag: newest.tag, because: whyNow(policy, tags, current) }
}

/** What says no time is held back for good: that is no news of an image that is up to date. */
function mostWanted(policy: TagPolicy, heldBack: readonly HeldBack[], known: Known): HeldBack | undefined {
  const waiting = heldBack.filter(({ because }) => because.kind !== 'created-missing')
  const newest = newestAllowedTag(
    policy,
    waiting.map(({ tag }) => tag),
    createdTimes(known),
  )
  return newest.kind === 'newest' ? waiting.find(({ tag }) => tag === newest.tag) : waiting[0]
}

function heldBack({ tag, because }: HeldBack): SkippedBecause {
  return { kind: 'held-back', tag, because }
}

function whyNow(policy: TagPolicy, tags: readonly string[], current: string): WhyNow {
  if (!tags.includes(current)) return { kind: 'current-absent' }
  return { kind: policyAllows(policy, current) ? 'newer' : 'current-not-allowed' }
}

/**
 * Of the tag to release that it can be had, what it runs on and where it comes from; of the current one the same. The
 * newest of those that are too young is looked up at once and now and then: if it is replaced, its age counts anew.
 */
function lookupsFor(
  facts: ChoiceFacts,
  rules: ChoiceRules,
  { newest, choice }: { readonly newest: ReleasableTag; readonly choice: Judged },
): readonly WantedLookup[] {
  const wanted = new Map<string, WantedLookup>()
  const want = (lookup: WantedLookup | undefined): void => {
    if (lookup !== undefined) wanted.set(lookup.tag, lookup)
  }
  const young = newest.heldBack.filter(({ because }) => because.kind === 'too-young').map(({ tag }) => tag)
  const next = newestAllowedTag(rules.policy, young, createdTimes(facts.known))
  if (next.kind === 'newest' && (facts.known(next.tag) === undefined || isStale(facts, rules, next.tag)))
    want({ what: 'digest', tag: next.tag })
  const tag = choice.kind === 'tag' ? choice.tag : undecided(choice.because)
  if (tag === undefined) return [...wanted.values()]
  want(missingOf(facts, rules, tag))
  const { current } = rules
  if (current !== undefined && facts.tags.includes(current)) want(missingOf(facts, rules, current))
  return [...wanted.values()]
}

function undecided(because: SkippedBecause): string | undefined {
  return because.kind === 'platforms-unknown' ? because.tag : undefined
}

function missingOf(facts: ChoiceFacts, rules: ChoiceRules, tag: string): WantedLookup | undefined {
  const is = facts.known(tag)
  if (is === undefined || isStale(facts, rules, tag)) return { what: 'digest', tag }
  return is.image === undefined && is.unread !== true ? { what: 'content', tag, digest: is.digest } : undefined
}

function isStale({ known, nowMs }: ChoiceFacts, { minimumAgeMs }: ChoiceRules, tag: string): boolean {
  const is = known(tag)
  const mostMs = minimumAgeMs > 0 ? freshWithAgeMs : freshMs
  return is !== undefined && nowMs - (is.lastSeenMs ?? is.firstSeenMs) > mostMs
}

function ageRule({ known, listedSinceMs, nowMs }: ChoiceFacts, { minimumAgeMs }: ChoiceRules): AgeRule {
  const seenSinceMs = (tag: string): number | undefined => {
    const is = known(tag)
    return is?.moved === true ? is.firstSeenMs : (listedSinceMs(tag) ?? is?.firstSeenMs)
  }
  return { minimumMs: minimumAgeMs, nowMs, seenSinceMs }
}

function platformsOfCurrent({ known, tags }: ChoiceFacts, { current }: ChoiceRules): readonly Platform[] | undefined {
  return current === undefined || !tags.includes(current) ? undefined : known(current)?.image?.platforms
}
