import { isContentDigest } from '../../core/image/manifest-content.ts'
import { type ManifestType, manifestType, manifestTypes } from '../../core/image/manifest-type.ts'
import { isTag } from '../../core/image/ref.ts'
import { digestOf } from './content-digest.ts'
import { type Ask, refusal } from './conversation.ts'
import type { Refused, RegistryPlace } from './hosts.ts'
import type { Incoming } from './transport.ts'

export type ManifestHead =
  | { readonly kind: 'manifest'; readonly digest: string; readonly mediaType: ManifestType }
  | { readonly kind: 'absent' }
  | Refused

// All four, always: distribution answers 404 for an index to those who do not name its type.
const headers = { accept: manifestTypes.join(', ') }
const foreignManifest = /^application\/vnd\.(?:docker\.distribution|oci\.artifact)\.manifest\.v1\+/i

export async function headManifest(ask: Ask, place: RegistryPlace, tag: string): Promise<ManifestHead> {
  if (!isTag(tag)) return { kind: 'absent' }
  const url = new URL(`${place.host.base}/v2/${place.path}/manifests/${tag}`)
  const head = await ask(place, { method: 'HEAD', url, headers })
  if (head.kind === 'refused') return head
  const said = head.headers.get('docker-content-digest')
  if (head.status === 200 && said !== null) return readManifest(place, head, isContentDigest(said) ? said : undefined)
  if (head.status !== 200) return withoutManifest(place, head)
  // The header is optional on old registries.
  const whole = await ask(place, { method: 'GET', url, headers })
  if (whole.kind === 'refused') return whole
  return whole.status === 200 ? readManifest(place, whole, digestOf(whole)) : withoutManifest(place, whole)
}

function readManifest(place: RegistryPlace, { headers: got }: Incoming, digest: string | undefined): ManifestHead {
  const type = got.get('content-type') ?? ''
  const mediaType = manifestType(type)
  // Docker's first kind, artifacts: there is no image that we could read, but that says nothing of the other tags.
  if (mediaType === undefined && foreignManifest.test(type)) return { kind: 'absent' }
  if (mediaType === undefined) return refusal(place, 'it is not a manifest by its content type')
  return digest === undefined ? refusal(place, 'its digest is not one') : { kind: 'manifest', digest, mediaType }
}

/** A HEAD has no body that could name a code, so here a bare 404 has to do. */
function withoutManifest(place: RegistryPlace, { status }: Incoming): ManifestHead {
  return status === 404 ? { kind: 'absent' } : refusal(place, `it has status ${status}`)
}
