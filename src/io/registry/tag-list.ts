import { type ListedManifest, readListedManifests } from '../../core/image/listed-manifests.ts'
import { isTag } from '../../core/image/ref.ts'
import { parseObject } from './json-object.ts'
import { type Ask, refusal } from './conversation.ts'
import type { Refused, RegistryPlace } from './hosts.ts'
import { nextPage } from './next-page.ts'
import type { Incoming, Limits } from './transport.ts'
import { RegistryUnavailable } from './unavailable.ts'

export type TagList =
  | {
      readonly kind: 'tags'
      readonly tags: readonly string[]
      readonly etag?: string
      /** Where a registry tells more than it must. */
      readonly manifests?: readonly ListedManifest[]
    }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'absent' }
  | Refused

type Deps = { readonly ask: Ask; readonly limits: Limits; readonly now: () => number }

export async function listTags(
  { ask, limits, now }: Deps,
  place: RegistryPlace,
  known?: { readonly etag: string },
): Promise<TagList> {
  const { host, path } = place
  const tags = new Set<string>()
  const manifests: ListedManifest[] = []
  const seen = new Set<string>()
  const startedMs = now()
  let bytes = 0
  let url = new URL(`${host.base}/v2/${path}/tags/list?n=${host.tagsPerPage}`)
  for (let page = 1; page <= limits.pages; page += 1) {
    // Whoever asks has others to ask: a page that comes within its time is no leave to send hundreds of them slowly.
    if (now() - startedMs > limits.listMs)
      throw new RegistryUnavailable(`the tags of ${path} took longer than ${limits.listMs} ms`)
    seen.add(url.href)
    // The ETag of a first page says nothing about the others: only a list of one page is known by it.
    const condition = page === 1 && known !== undefined ? { 'if-none-match': known.etag } : undefined
    const answer = await ask(place, { method: 'GET', url, headers: { accept: 'application/json', ...condition } })
    if (answer.kind === 'refused') return answer
    if (answer.status === 304 && condition !== undefined) return { kind: 'unchanged' }
    if (answer.status !== 200) return withoutTags(place, answer)
    bytes += answer.body.length
    if (bytes > limits.listBytes) return refusal(place, `its list has more than ${limits.listBytes} bytes`)
    const body = parseObject(answer.body)
    const found = readTags(body)
    if (body === undefined || found === undefined) return refusal(place, 'it is not a list of tags')
    for (const tag of found) tags.add(tag)
    manifests.push(...readListedManifests(body))
    const next = nextPage(answer.headers.get('link'), url)
    if (next.kind === 'elsewhere') return refusal(place, `its next page is at \`${next.origin}\`, another host`)
    if (next.kind === 'end') {
      const told = manifests.length === 0 ? {} : { manifests }
      return { kind: 'tags', tags: [...tags], ...told, ...(page === 1 && !mayBeFull(found) ? etagOf(answer) : {}) }
    }
    if (seen.has(next.url.href)) return refusal(place, 'its pages run in a circle')
    url = next.url
  }
  return refusal(place, `its list has more than ${limits.pages} pages`)
}

/**
 * Pages have round sizes, whatever was asked for. The next tag may come on a page of its own, and then a full first one is
 * unchanged: the link to the other is not what an ETag is of.
 */
function mayBeFull(tags: readonly string[]): boolean {
  return tags.length > 0 && tags.length % 10 === 0
}

function etagOf({ headers }: Incoming): { readonly etag?: string } {
  const etag = headers.get('etag')
  return etag === null ? {} : { etag }
}

/** `tags` is null where all were deleted. What cannot be a tag is not one: it can be neither pulled nor written. */
function readTags(body: Readonly<Record<string, unknown>> | undefined): readonly string[] | undefined {
  const tags = body?.['tags']
  if (body !== undefined && tags === null) return []
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string').filter(isTag) : undefined
}

// Harbor says NOT_FOUND.
const absentCodes: readonly unknown[] = ['NAME_UNKNOWN', 'NOT_FOUND', 'MANIFEST_UNKNOWN']

function withoutTags(place: RegistryPlace, answer: Incoming): Refused | { readonly kind: 'absent' } {
  const codes = errorCodes(answer.body)
  if (answer.status === 404 && codes.some((code) => absentCodes.includes(code))) return { kind: 'absent' }
  // Any web server has a 404: without the code of a registry it does not say that the image is absent.
  return refusal(place, `it has status ${answer.status}${saying(codes)}`)
}

function errorCodes(body: Uint8Array): readonly string[] {
  const errors = parseObject(body)?.['errors']
  const codes = Array.isArray(errors) ? errors.map((error: { readonly code?: unknown } | null) => error?.code) : []
  return codes.filter((code) => typeof code === 'string').filter((code) => /^[A-Z_]{1,60}$/.test(code))
}

function saying(codes: readonly string[]): string {
  return codes.length === 0 ? '' : ` (${codes.slice(0, 3).join(', ')})`
}
