import { createHash } from 'node:crypto'
import { type ManifestType, manifestType, manifestTypes } from '../../core/image/manifest-type.ts'
import { isTag } from '../../core/image/ref.ts'
import { type Ask, refusal } from './conversation.ts'
import type { Refused, RegistryPlace } from './hosts.ts'
import type { Incoming } from './transport.ts'

export type ManifestHead =
  | { readonly kind: 'manifest'; readonly digest: string; readonly mediaType: ManifestType }
  | { readonly kind: 'absent' }
  | Refused

// All four, always: distribution answers 404 for an index to those who do not name its type.
const headers = { accept: manifestTypes.join(', ') }
const digestForm = /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/

export async function headManifest(ask: Ask, place: RegistryPlace, tag: string): Promise<ManifestHead> {
  if (!isTag(tag)) return { kind: 'absent' }
  const url = new URL(`${place.host.base}/v2/${place.path}/manifests/${tag}`)
  const head = await ask(place, { method: 'HEAD', url, headers })
  if (head.kind === 'refused') return head
  if (head.status === 200 && head.headers.has('docker-content-digest')) return readManifest(place, head)
  if (head.status !== 200) return withoutManifest(place, head)
  // The header is optional on old registries; then the digest is that of the bytes.
  const whole = await ask(place, { method: 'GET', url, headers })
  if (whole.kind === 'refused') return whole
  return whole.status === 200 ? readManifest(place, whole) : withoutManifest(place, whole)
}

function readManifest(place: RegistryPlace, { headers: got, body }: Incoming): ManifestHead {
  const mediaType = manifestType(got.get('content-type') ?? '')
  if (mediaType === undefined) return refusal(place, 'it is not a manifest by its content type')
  const digest = got.get('docker-content-digest') ?? `sha256:${createHash('sha256').update(body).digest('hex')}`
  return digestForm.test(digest) ? { kind: 'manifest', digest, mediaType } : refusal(place, 'its digest is not one')
}

/** A HEAD has no body that could name a code, so here a bare 404 has to do. */
function withoutManifest(place: RegistryPlace, { status }: Incoming): ManifestHead {
  return status === 404 ? { kind: 'absent' } : refusal(place, `it has status ${status}`)
}
