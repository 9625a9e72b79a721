import { comparedText } from './tag-filter.ts'
import { type TagPolicy, type WhyNotAllowed, whyNotAllowed } from './tag-policy.ts'
import { compareVersions, parseVersion, type Version } from './version.ts'

/**
 * When an image was made, as RFC 3339; undefined when nobody has looked yet. Reproducible builds say 1970 or the year 1,
 * which is to say nothing: they rank last, and none of them is ever the newest of several.
 */
export type CreatedTime = (tag: string) => string | undefined

export type NewestTag =
  | { readonly kind: 'newest'; readonly tag: string }
  | { readonly kind: 'none'; readonly because: WhyNone }

export type WhyNone =
  | { readonly kind: 'no-tags' }
  | { readonly kind: 'no-match' }
  /** The policy's order is by created time, and these have none that is known: any of them may be the newest. */
  | { readonly kind: 'created-unknown'; readonly tags: readonly string[] }
  /** The policy's order is by number, and these are none: as in Flux, one of them is enough. */
  | { readonly kind: 'no-number'; readonly tags: readonly string[] }

export type RankedTag = { readonly tag: string; readonly standing: Standing }

export type Standing =
  | { readonly kind: 'newest' }
  | { readonly kind: 'older'; readonly than: string }
  /** The same version or time as the first, whose name decides. */
  | { readonly kind: 'equal'; readonly to: string }
  | { readonly kind: 'created-unknown' }
  | { readonly kind: 'no-number' }
  /** Its time or number is known, but not that of another candidate, which may be newer. */
  | { readonly kind: 'undecided' }
  | { readonly kind: 'not-allowed'; readonly because: WhyNotAllowed }

/** The tag to release, if the policy allows one and its order can be told. */
export function newestAllowedTag(policy: TagPolicy, tags: readonly string[], created?: CreatedTime): NewestTag {
  const newest = newestOf(policy, allowedTags(policy, tags), created)
  return newest.kind === 'none' && newest.because.kind === 'no-tags' && tags.length > 0
    ? { kind: 'none', because: { kind: 'no-match' } }
    : newest
}

/** Each once. */
export function allowedTags(policy: TagPolicy, tags: readonly string[]): readonly string[] {
  return [...new Set(tags)].filter((tag) => whyNotAllowed(policy, tag) === undefined)
}

/** The same among tags that are allowed: a pattern is not matched again with thousands of them. */
export function newestOf(policy: TagPolicy, allowed: readonly string[], created?: CreatedTime): NewestTag {
  const candidates = allowed.map((tag) => ({ tag, age: ageOf(policy, tag, created) }))
  const [first, ...others] = candidates
  if (first === undefined) return { kind: 'none', because: { kind: 'no-tags' } }
  const numberless = policy.kind === 'numerical' ? candidates.filter(({ age }) => age === undefined) : []
  if (numberless.length > 0) {
    const tags = numberless.map(({ tag }) => tag).toSorted()
    return { kind: 'none', because: { kind: 'no-number', tags } }
  }
  // Alone it is the newest, whatever its age.
  if (others.length === 0) return { kind: 'newest', tag: first.tag }
  const best = others.reduce((best, other) => (newestFirst(other, best) < 0 ? other : best), first)
  const unknown = candidates.filter(({ age }) => age === undefined || (isSilent(best.age) && isSilent(age)))
  return unknown.length === 0
    ? { kind: 'newest', tag: best.tag }
    : { kind: 'none', because: { kind: 'created-unknown', tags: unknown.map(({ tag }) => tag).toSorted() } }
}

/** Every tag with its standing: those allowed newest first, then those of unknown age, then the others by name. */
export function rankTags(policy: TagPolicy, tags: readonly string[], created?: CreatedTime): readonly RankedTag[] {
  const candidates = candidatesOf(policy, tags, created).toSorted(newestFirst)
  const newest = newestAllowedTag(policy, tags, created)
  const others = [...new Set(tags)].toSorted().flatMap((tag): readonly RankedTag[] => {
    const because = whyNotAllowed(policy, tag)
    return because === undefined ? [] : [{ tag, standing: { kind: 'not-allowed', because } }]
  })
  return [
    ...candidates.map((candidate) => ({ tag: candidate.tag, standing: standingOf(candidate, candidates, newest) })),
    ...others,
  ]
}

/**
 * Whether releasing `tag` would go back behind `than`. False where the order cannot be told: a current tag that is no
 * version, or is gone from the registry, keeps nothing from being released.
 */
export function isOlder(policy: TagPolicy, tag: string, than: string, created?: CreatedTime): boolean {
  const [a, b] = [ageOf(policy, tag, created), ageOf(policy, than, created)]
  return a !== undefined && b !== undefined && !isSilent(a) && !isSilent(b) && compareAges(a, b) < 0
}

/** By what a policy orders tags: their version, the time they were created, or what stands in their names. */
type Age =
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'time'; readonly ms: number; readonly fraction: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly text: string; readonly order: 'asc' | 'desc' }

type Candidate = { readonly tag: string; readonly age: Age | undefined }

function candidatesOf(policy: TagPolicy, tags: readonly string[], created: CreatedTime | undefined): Candidate[] {
  return allowedTags(policy, tags).map((tag) => ({ tag, age: ageOf(policy, tag, created) }))
}

function ageOf(policy: TagPolicy, tag: string, created: CreatedTime | undefined): Age | undefined {
  switch (policy.kind) {
    case 'semver': {
      const version = parseVersion(comparedText(policy.filter, tag) ?? '')
      return version === undefined ? undefined : { kind: 'version', version }
    }
    case 'glob':
    case 'regexp':
      return timeOf(created?.(tag))
    case 'numerical': {
      const value = numberOf(comparedText(policy.filter, tag) ?? '')
      return value === undefined ? undefined : { kind: 'number', value: policy.order === 'asc' ? value : -value }
    }
    case 'alphabetical': {
      const text = comparedText(policy.filter, tag)
      return text === undefined ? undefined : { kind: 'text', text, order: policy.order }
    }
  }
}

const decimal = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i

/** As a float, as in Flux; but without `NaN`, which is neither before nor after any other, `Inf` and hexadecimals. */
function numberOf(text: string): number | undefined {
  const value = decimal.test(text) ? Number(text) : undefined
  return value !== undefined && Number.isFinite(value) ? value : undefined
}

const rfc3339 = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.([0-9]+))?(?:Z|[+-][0-9]{2}:[0-9]{2})$/i
const silentTime = { kind: 'time', ms: 0, fraction: '' } as const

function timeOf(text: string | undefined): Age | undefined {
  if (text === undefined) return undefined
  const match = rfc3339.exec(text)
  const ms = match === null ? 0 : Date.parse(text)
  // Date stops at milliseconds; builds of one pipeline are closer than that.
  const fraction = (match?.[1] ?? '').slice(3).padEnd(6, '0')
  return ms > 0 ? { kind: 'time', ms, fraction } : silentTime
}

/** Whether a created time says nothing: it is none, or one that no image was made at. */
export function isSilentTime(created: string): boolean {
  return isSilent(timeOf(created))
}

function isSilent(age: Age | undefined): boolean {
  return age?.kind === 'time' && age.ms === silentTime.ms
}

/** A total order: two different tags are never equal, so the winner does not hang on the order of a registry's list. */
function newestFirst(a: Candidate, b: Candidate): number {
  if (a.age === undefined || b.age === undefined) {
    if (a.age === b.age) return a.tag < b.tag ? -1 : 1
    return a.age === undefined ? 1 : -1
  }
  return compareAges(b.age, a.age) || byName[a.age.kind](a.tag, b.tag)
}

function compareAges(a: Age, b: Age): number {
  if (a.kind === 'version' && b.kind === 'version') return compareVersions(a.version, b.version)
  if (a.kind === 'time' && b.kind === 'time') return a.ms - b.ms || compareText(a.fraction, b.fraction)
  if (a.kind === 'number' && b.kind === 'number') return a.value - b.value
  if (a.kind === 'text' && b.kind === 'text') return compareText(a.text, b.text) * (a.order === 'asc' ? 1 : -1)
  return 0
}

/**
 * As in Flux: of one version the last name goes first (`1.10.0` before `1.10`), of one time the first name. Numbers made
 * of dates may be too long for floats and then equal; the last name is the latest of these too.
 */
const byName = {
  version: (a: string, b: string): number => compareText(b, a),
  time: (a: string, b: string): number => compareText(a, b),
  number: (a: string, b: string): number => compareText(b, a),
  text: (a: string, b: string): number => compareText(b, a),
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function standingOf(candidate: Candidate, candidates: readonly Candidate[], newest: NewestTag): Standing {
  const [first] = candidates
  if (newest.kind === 'newest' && newest.tag === candidate.tag) return { kind: 'newest' }
  if (candidate.age === undefined && newest.kind === 'none' && newest.because.kind === 'no-number')
    return { kind: 'no-number' }
  if (candidate.age === undefined || isSilent(candidate.age)) return { kind: 'created-unknown' }
  if (newest.kind === 'none' || first?.age === undefined) return { kind: 'undecided' }
  return compareAges(candidate.age, first.age) === 0
    ? { kind: 'equal', to: first.tag }
    : { kind: 'older', than: first.tag }
}
