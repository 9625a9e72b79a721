import type { RE2JS } from 're2js'
import { type Parsed, parsed, refused } from '../parsed.ts'
import { compileRe2 } from './re2.ts'
import { constraintAllows, parseSemverConstraint, type SemverConstraint, withPrereleases } from './semver-constraint.ts'
import { comparedText, compileTagFilter, isLookedAt, parseTagFilter, type TagFilter } from './tag-filter.ts'
import { parseVersion } from './version.ts'

/** Which tags of an image may be released. `text` is what the author wrote. */
export type TagPolicy =
  | {
      readonly kind: 'semver'
      readonly text: string
      readonly constraint: SemverConstraint
      readonly filter?: TagFilter
    }
  | { readonly kind: 'glob'; readonly text: string; readonly pieces: readonly string[] }
  | { readonly kind: 'regexp'; readonly text: string; readonly pattern: RE2JS }
  /** `asc`: the last is the newest; `desc`: the first. */
  | { readonly kind: 'numerical'; readonly text: string; readonly order: Order; readonly filter?: TagFilter }
  | { readonly kind: 'alphabetical'; readonly text: string; readonly order: Order; readonly filter?: TagFilter }

type Order = 'asc' | 'desc'

const longestPattern = 512
/** What a registry takes; longer ones are a cost without a use. */
const longestTag = 128

type Reader = (pattern: string, text: string) => Parsed<TagPolicy>

/** The first prefix that fits; a text without any is a glob. */
const readers: readonly (readonly [prefix: string, read: Reader])[] = [
  ['semver:', readSemver],
  ['regexp:', readRegexp],
  ['regex:', readRegexp],
  ['glob:', readGlob],
  ['numerical:', (pattern, text) => readOrder(pattern, { kind: 'numerical', text })],
  ['alphabetical:', (pattern, text) => readOrder(pattern, { kind: 'alphabetical', text })],
  ['', readGlob],
]

/** `semver:~1.2`, `glob:main-*`, `regexp:^v[0-9]+$`, `main-*`, `numerical:asc filter=^main-([0-9]+)$ extract=$1`. */
export function parseTagPolicy(text: string): Parsed<TagPolicy> {
  if (text.length > longestPattern) {
    return refused(`expected a tag policy of at most ${longestPattern} characters, got ${text.length}`)
  }
  const [prefix, read] = readers.find(([prefix]) => text.startsWith(prefix)) ?? ['', readGlob]
  return read(text.slice(prefix.length), text)
}

export type WhyNotAllowed =
  /** Its name says nothing about what is in it, so only a pattern that is exactly that word may release it. */
  | 'latest'
  /** Signatures, attestations and bills of materials stand beside the images that they are about, named by digest. */
  | 'attachment'
  | 'no-version'
  /** `1.3.0-rc.1`, and `1.2.3-alpine` too: the constraint would have to name a pre-release to allow any. */
  | 'prerelease'
  | 'no-match'

export function policyAllows(policy: TagPolicy, tag: string): boolean {
  return whyNotAllowed(policy, tag) === undefined
}

/** `sha256-….sig`, as cosign writes it, and the bare form of those that know no referrers. */
const attachment = /^sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{128})(?:\.[a-z]+)?$/

/** Why a tag may not be released; undefined when it may. */
export function whyNotAllowed(policy: TagPolicy, tag: string): WhyNotAllowed | undefined {
  if (tag.length > longestTag) return 'no-match'
  if (tag.toLowerCase() === 'latest' && !isExactly(policy, tag)) return 'latest'
  if (attachment.test(tag) && !isExactly(policy, tag)) return 'attachment'
  switch (policy.kind) {
    case 'semver':
      return whyNotInConstraint(policy, tag)
    case 'glob':
      return matchesGlob(policy.pieces, tag) ? undefined : 'no-match'
    case 'regexp':
      return policy.pattern.test(tag) ? undefined : 'no-match'
    case 'numerical':
    case 'alphabetical':
      return isLookedAt(policy.filter, tag) ? undefined : 'no-match'
  }
}

function isExactly(policy: TagPolicy, tag: string): boolean {
  return policy.kind === 'glob' && policy.pieces.length === 1 && policy.pieces[0] === tag
}

type Versions = Extract<TagPolicy, { readonly kind: 'semver' }>

function whyNotInConstraint({ constraint, filter }: Versions, tag: string): WhyNotAllowed | undefined {
  const text = comparedText(filter, tag)
  if (text === undefined) return 'no-match'
  const version = parseVersion(text)
  if (version === undefined) return 'no-version'
  if (constraintAllows(constraint, version)) return undefined
  return constraintAllows(withPrereleases(constraint), version) ? 'prerelease' : 'no-match'
}

function readSemver(pattern: string, text: string): Parsed<TagPolicy> {
  const read = readFiltered(pattern)
  if (!read.ok) return read
  const constraint = parseSemverConstraint(read.value.head)
  return constraint.ok ? parsed({ kind: 'semver', text, constraint: constraint.value, ...read.value.by }) : constraint
}

function readOrder(
  pattern: string,
  { kind, text }: { readonly kind: 'numerical' | 'alphabetical'; readonly text: string },
): Parsed<TagPolicy> {
  const read = readFiltered(pattern)
  if (!read.ok) return read
  const { head: order, by } = read.value
  return order === 'asc' || order === 'desc'
    ? parsed({ kind, text, order, ...by })
    : refused(`expected \`${kind}:asc\` or \`${kind}:desc\`, got \`${kind}:${order.slice(0, 120)}\``)
}

function readFiltered(
  pattern: string,
): Parsed<{ readonly head: string; readonly by: { readonly filter?: TagFilter } }> {
  const parts = parseTagFilter(pattern)
  if (!parts.ok) return parts
  const filter = compileTagFilter(parts.value.written)
  if (!filter.ok) return filter
  return parsed({ head: parts.value.head, by: filter.value === undefined ? {} : { filter: filter.value } })
}

function readGlob(pattern: string, text: string): Parsed<TagPolicy> {
  if (pattern === '') return refused(`expected a pattern like \`glob:main-*\`, got \`${text}\``)
  return parsed({ kind: 'glob', text, pieces: pattern.split('*') })
}

function readRegexp(pattern: string, text: string): Parsed<TagPolicy> {
  if (pattern === '') return refused(`expected a pattern like \`regexp:^v[0-9]+$\`, got \`${text}\``)
  const compiled = compileRe2(pattern, text)
  return compiled.ok ? parsed({ kind: 'regexp', text, pattern: compiled.value }) : compiled
}

/** Each piece at its first place after the one before, the last at the end: one pass, nothing is tried twice. */
export function matchesGlob(pieces: readonly string[], tag: string): boolean {
  const [first = '', ...rest] = pieces
  const last = rest.pop()
  if (last === undefined) return tag === first
  if (!tag.startsWith(first)) return false
  let at = first.length
  for (const piece of rest) {
    const found = tag.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return tag.length - last.length >= at && tag.endsWith(last)
}
