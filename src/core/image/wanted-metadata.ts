import type { ImageLabels } from './manifest-content.ts'
import type { CreatedTime } from './newest.ts'
import type { Platform } from './platform.ts'
import { type TagPolicy, policyAllows } from './tag-policy.ts'

/** What is known of a tag: what it points to, and, once somebody has read it, what that is. */
export type KnownTag = {
  readonly digest: string
  /** When this digest was first seen under this tag, and when last. */
  readonly firstSeenMs: number
  readonly lastSeenMs?: number
  /** The tag was seen with another digest before: what it is now is not older than this digest. */
  readonly moved?: boolean
  /** As the registry's list says; where it says so of one image, it does of all. */
  readonly created?: string
  readonly image?: TagContent
  /** The registry does not show what it is: it says nothing, and is not asked for again now. */
  readonly unread?: boolean
}

/** True of a digest for ever. */
export type TagContent = {
  readonly created?: string
  readonly platforms: readonly Platform[]
  readonly labels?: ImageLabels
}

/** Undefined for a tag that nobody has looked up. */
export type Known = (tag: string) => KnownTag | undefined

export type WantedMetadata = {
  /** Digests to read, each with one of its tags. */
  readonly describe: readonly { readonly tag: string; readonly digest: string }[]
  /** Tags of which not even the digest is known. */
  readonly resolve: readonly string[]
  /** How many are left for another run. */
  readonly later: number
}

/**
 * What has to be looked up before the newest tag can be told, at most so much in one run. Versions tell their order
 * themselves, a single candidate is the newest whatever its age, and a digest that was read once is known for ever, even
 * if it says no time.
 *
 * What only has to be read goes first, since several tags may wait for one digest; then what is likeliest the newest: it
 * was seen last, or its name sorts last.
 */
export function wantedMetadata(
  policy: TagPolicy,
  tags: readonly string[],
  { known, atMost }: { readonly known: Known; readonly atMost: number },
): WantedMetadata {
  const candidates = isOrderedByTime(policy) ? [...new Set(tags)].filter((tag) => policyAllows(policy, tag)) : []
  if (candidates.length < 2) return { describe: [], resolve: [], later: 0 }
  const unread = candidates
    .map((tag) => ({ tag, is: known(tag) }))
    .filter(({ is }) => is?.image === undefined && is?.created === undefined && is?.unread !== true)
  const digests = new Map<string, { tag: string; digest: string; firstSeenMs: number }>()
  for (const { tag, is } of unread.toSorted((a, b) => compareNames(a.tag, b.tag)))
    if (is !== undefined && !digests.has(is.digest)) digests.set(is.digest, { tag, ...is })
  // A stable sort: those seen at one time stay in the order of their names.
  const describe = [...digests.values()].toSorted((a, b) => b.firstSeenMs - a.firstSeenMs)
  const resolve = unread.filter(({ is }) => is === undefined).map(({ tag }) => tag)
  const room = Math.max(0, atMost)
  return {
    describe: describe.slice(0, room).map(({ tag, digest }) => ({ tag, digest })),
    resolve: resolve.toSorted(compareNames).slice(0, Math.max(0, room - describe.length)),
    later: Math.max(0, describe.length + resolve.length - room),
  }
}

/** The times that `newestAllowedTag` asks for. One that was read and says none ranks last; it is not waited for. */
export function createdTimes(known: Known): CreatedTime {
  return (tag) => {
    const is = known(tag)
    if (is === undefined || (is.image === undefined && is.unread !== true)) return is?.created
    return is.created ?? is.image?.created ?? ''
  }
}

export function isOrderedByTime(policy: TagPolicy): boolean {
  switch (policy.kind) {
    case 'semver':
    case 'numerical':
    case 'alphabetical':
      return false
    case 'glob':
    case 'regexp':
      return true
  }
}

/** `main-100` before `main-99` before `main-9`. Two names are never equal. */
function compareNames(a: string, b: string): number {
  const [left, right] = [piecesOf(a), piecesOf(b)]
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const order = comparePieces(left[i] ?? '', right[i] ?? '')
    if (order !== 0) return order
  }
  return compareText(a, b)
}

function piecesOf(name: string): readonly string[] {
  return name.match(/[0-9]+|[^0-9]+/g) ?? []
}

/** As text, because numbers made of dates are too long for numbers. */
function comparePieces(a: string, b: string): number {
  const isNumbers = /^[0-9]/.test(a) && /^[0-9]/.test(b)
  if (!isNumbers) return compareText(a, b)
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  return right.length - left.length || compareText(left, right)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a > b ? -1 : 1
}
