import { isContentDigest } from './manifest-content.ts'
import { isTag } from './ref.ts'

/** What a list of tags says of one manifest beside its tags. */
export type ListedManifest = {
  readonly digest: string
  readonly tags: readonly string[]
  /** RFC 3339. */
  readonly created?: string
}

/**
 * Google's registries tell with the tags what they point to, and when that was created: one request instead of three
 * for each tag. Anything else in its place says nothing: the list stands by itself.
 * https://github.com/google/go-containerregistry/blob/main/pkg/v1/google/list.go
 */
export function readListedManifests(answer: Readonly<Record<string, unknown>>): readonly ListedManifest[] {
  const { manifest } = answer
  if (!isRecord(manifest)) return []
  return Object.entries(manifest).flatMap(([digest, said]): readonly ListedManifest[] => {
    if (!isContentDigest(digest) || !isRecord(said) || !Array.isArray(said['tag'])) return []
    const tags = said['tag'].filter((tag) => typeof tag === 'string').filter(isTag)
    const created = timeOf(said['timeCreatedMs'])
    return tags.length === 0 ? [] : [{ digest, tags, ...(created === undefined ? {} : { created }) }]
  })
}

/** Milliseconds since 1970 as text; zero, and times before, stand for "not known". */
function timeOf(text: unknown): string | undefined {
  const ms = typeof text === 'string' && /^[0-9]{1,15}$/.test(text) ? Number(text) : 0
  return ms > 0 ? new Date(ms).toISOString() : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
