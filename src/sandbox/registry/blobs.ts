import { type Answer, failure } from './answer.ts'
import type { Call, RegistryState } from './call.ts'
import { isDigest } from './storage.ts'

export function getBlob({ storage }: RegistryState, { repository, reference: digest }: Call): Answer {
  if (!isDigest(digest)) return failure('DIGEST_INVALID', 'provided digest did not match uploaded content')
  const bytes = storage.repositories.get(repository)?.blobs.get(digest)
  if (bytes === undefined) return failure('BLOB_UNKNOWN', 'blob unknown to registry')
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream', 'docker-content-digest': digest, etag: `"${digest}"` },
    body: bytes,
    event: { action: 'pull', repository, digest, size: bytes.length, mediaType: 'application/octet-stream' },
  }
}

export function deleteBlob({ storage }: RegistryState, { repository, reference: digest }: Call): Answer {
  const deleted = storage.repositories.get(repository)?.blobs.delete(digest) ?? false
  return deleted
    ? { status: 202, event: { action: 'delete', repository, digest } }
    : failure('BLOB_UNKNOWN', 'blob unknown to registry')
}
