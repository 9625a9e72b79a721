import type { KnownTag } from './wanted-metadata.ts'

/** When the list of a registry first had each tag of an image: what was there at the first reading, and what came later. Plain JSON. */
export type Listed = {
  readonly since: string
  readonly later: readonly (readonly [tag: string, since: string])[]
}

/** A tag that was gone and is back is a new one; where nothing is remembered, everything is seen now. */
export function listedNow(
  before: { readonly tags: readonly string[]; readonly listed: Listed } | undefined,
  tags: readonly string[],
  now: Date,
): Listed {
  if (before === undefined) return { since: now.toISOString(), later: [] }
  const known = new Set(before.tags)
  const since = new Map(before.listed.later)
  const later = [...new Set(tags)].flatMap((tag): readonly (readonly [string, string])[] => {
    if (!known.has(tag)) return [[tag, now.toISOString()]]
    const at = since.get(tag)
    return at === undefined ? [] : [[tag, at]]
  })
  return { since: before.listed.since, later }
}

/** In milliseconds since 1970, for a tag that the list has. */
export function listedSinceMs({ since, later }: Listed): (tag: string) => number {
  const times = new Map(later.map(([tag, at]) => [tag, Date.parse(at)]))
  const first = Date.parse(since)
  return (tag) => times.get(tag) ?? first
}

/** What is known of tags, but for those that were gone and are back since: each may be another one now. */
export function stillKnown({ later }: Listed, known: ReadonlyMap<string, KnownTag>): ReadonlyMap<string, KnownTag> {
  const back = later.filter(([tag, at]) => {
    const is = known.get(tag)
    return is !== undefined && Date.parse(at) > (is.lastSeenMs ?? is.firstSeenMs)
  })
  const still = new Map(known)
  for (const [tag] of back) still.delete(tag)
  return still
}
