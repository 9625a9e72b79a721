import { type ManifestType, manifestType } from '../../core/image/manifest-type.ts'
import { isTag } from '../../core/image/ref.ts'
import { type Answer, failure } from './answer.ts'
import { type Call, type RegistryState, readBody } from './call.ts'
import { type StoredManifest, type StoredRepository, digestOf, isDigest, repositoryFor } from './storage.ts'

export function getManifest({ storage }: RegistryState, { request, repository, reference }: Call): Answer {
  const manifest = find(storage.repositories.get(repository), reference)
  if (manifest === undefined) return failure('MANIFEST_UNKNOWN', 'manifest unknown')
  const { bytes, digest, mediaType } = manifest
  if ([digest, `"${digest}"`].includes(request.headers['if-none-match'] ?? '')) return { status: 304 }
  if (!accepts(request.headers.accept, mediaType))
    return failure('MANIFEST_UNKNOWN', `${mediaType} found, but the accept header does not name it`)
  const tag = isDigest(reference) ? {} : { tag: reference }
  return {
    status: 200,
    headers: { 'content-type': mediaType, 'docker-content-digest': digest, etag: `"${digest}"` },
    body: bytes,
    event: { action: 'pull', repository, digest, size: bytes.length, mediaType, ...tag },
  }
}

export async function putManifest({ storage, caps }: RegistryState, call: Call): Promise<Answer> {
  const { request, repository: name, reference } = call
  const byDigest = reference.includes(':')
  if (byDigest ? !isDigest(reference) : !isTag(reference))
    return failure('TAG_INVALID', 'manifest tag did not match URI')
  const mediaType = manifestType(request.headers['content-type'] ?? '')
  if (mediaType === undefined) return failure('MANIFEST_INVALID', 'the content type is not one of a manifest')
  const body = await readBody(request, caps.manifestBytes)
  if (body.kind === 'too-large')
    return failure('SIZE_INVALID', `a manifest may have at most ${caps.manifestBytes} bytes`)
  const digest = digestOf(body.bytes, reference)
  if (byDigest && digest !== reference)
    return failure('DIGEST_INVALID', 'provided digest did not match uploaded content')
  const refusal = whatIsWrong(storage.repositories.get(name), mediaType, body.bytes)
  if (refusal !== undefined) return refusal

  const repository = repositoryFor(storage, name)
  repository.manifests.set(digest, { bytes: body.bytes, digest, mediaType })
  if (!byDigest) repository.tags.set(reference, digest)
  const location = `/v2/${name}/manifests/${digest}`
  const tag = byDigest ? {} : { tag: reference }
  const event = { action: 'push', repository: name, digest, size: body.bytes.length, mediaType, ...tag } as const
  return { status: 201, headers: { location, 'docker-content-digest': digest }, event }
}

/** A tag goes alone; a digest takes the tags that point to it along. */
export function deleteManifest({ storage }: RegistryState, { repository: name, reference }: Call): Answer {
  const repository = storage.repositories.get(name)
  if (repository === undefined || find(repository, reference) === undefined)
    return failure('MANIFEST_UNKNOWN', 'manifest unknown')
  if (!isDigest(reference)) {
    repository.tags.delete(reference)
    return { status: 202, event: { action: 'delete', repository: name, tag: reference } }
  }
  repository.manifests.delete(reference)
  for (const [tag, digest] of repository.tags) if (digest === reference) repository.tags.delete(tag)
  return { status: 202, event: { action: 'delete', repository: name, digest: reference } }
}

function find(repository: StoredRepository | undefined, reference: string): StoredManifest | undefined {
  const digest = isDigest(reference) ? reference : repository?.tags.get(reference)
  return digest === undefined ? undefined : repository?.manifests.get(digest)
}

/** As distribution does: OCI types must be named, a wildcard does not count, Docker's own types are always given. */
function accepts(accept: string | undefined, mediaType: ManifestType): boolean {
  if (!mediaType.startsWith('application/vnd.oci.')) return true
  return (accept ?? '').split(',').some((type) => manifestType(type) === mediaType)
}

function whatIsWrong(
  repository: StoredRepository | undefined,
  mediaType: ManifestType,
  bytes: Buffer,
): Answer | undefined {
  const manifest = parse(bytes)
  if (manifest === undefined) return failure('MANIFEST_INVALID', 'the manifest is not a JSON object')
  const said = manifest['mediaType']
  if (said !== undefined && said !== mediaType)
    return failure('MANIFEST_INVALID', `the manifest has another media type than its content type ${mediaType}`)
  const several = mediaType.includes('index') || mediaType.includes('list')
  const needed = several
    ? descriptors(manifest['manifests'])
    : descriptors([manifest['config'], ...toArray(manifest['layers'])])
  if (needed === undefined) return failure('MANIFEST_INVALID', 'the manifest has a descriptor without digest')
  const held = several ? repository?.manifests : repository?.blobs
  const missing = needed.find((digest) => held?.has(digest) !== true)
  return missing === undefined
    ? undefined
    : failure('MANIFEST_BLOB_UNKNOWN', `manifest references ${missing}, unknown to this repository`)
}

function parse(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function descriptors(list: unknown): readonly string[] | undefined {
  const digests = toArray(list).map((descriptor) => (isRecord(descriptor) ? descriptor['digest'] : undefined))
  const valid = digests.filter((digest) => typeof digest === 'string').filter(isDigest)
  return Array.isArray(list) && valid.length === digests.length ? valid : undefined
}

function toArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
