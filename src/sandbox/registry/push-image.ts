import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type PushSession, type RegistryLogin, createSession } from './push-session.ts'

export type ImageToPush = {
  readonly repository: string
  readonly tag: string
  /** RFC 3339; default the epoch, so that the same image has the same digest everywhere. */
  readonly created?: string
  readonly labels?: Readonly<Record<string, string>>
  /** `linux/amd64`, `linux/arm64/v8`; default the first. Several make an index. */
  readonly platforms?: readonly string[]
  /** In the media types of OCI, which is the default, or in Docker's own. */
  readonly vocabulary?: 'oci' | 'docker'
  /** Adds to an index what BuildKit attests of its first image, as a manifest of no platform. */
  readonly attested?: boolean
  readonly auth?: RegistryLogin
}

const vocabularies = {
  oci: {
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
  },
  docker: {
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  },
}

type Descriptor = { readonly mediaType: string; readonly digest: string; readonly size: number }

type Part = { readonly descriptor: Descriptor; readonly bytes: Buffer }

/** Pushes a small real image to any registry, as a client would: blobs first, the tag last. */
export async function pushImage(registryUrl: string, image: ImageToPush): Promise<{ readonly digest: string }> {
  const session = createSession(registryUrl, image.repository, image.auth)
  const types = vocabularies[image.vocabulary ?? 'oci']
  const manifests: (Part & { readonly platform: object })[] = []
  for (const text of image.platforms ?? ['linux/amd64']) {
    const platform = readPlatform(text)
    // An archive without files: two empty blocks end it.
    const files = Buffer.alloc(1024)
    const layer = describe(types.layer, gzipSync(files))
    const config = describe(types.config, Buffer.from(JSON.stringify(configOf(image, platform, sha256(files)))))
    manifests.push({ ...(await pushBlobs(session, types.manifest, { config, layer })), platform })
  }
  const [only, ...others] = manifests
  if (only === undefined) throw new Error(`${image.repository}:${image.tag} needs at least one platform`)
  if (others.length === 0 && image.attested !== true)
    return await session.pushManifest(image.tag, types.manifest, only.bytes)
  for (const { descriptor, bytes } of manifests) await session.pushManifest(descriptor.digest, types.manifest, bytes)
  const entries: object[] = manifests.map(({ descriptor, platform }) => ({ ...descriptor, platform }))
  if (image.attested === true) entries.push(await pushAttestation(session, only.descriptor.digest))
  const index = { schemaVersion: 2, mediaType: types.index, manifests: entries }
  return await session.pushManifest(image.tag, types.index, Buffer.from(JSON.stringify(index)))
}

async function pushBlobs(
  session: PushSession,
  mediaType: string,
  { config, layer }: { readonly config: Part; readonly layer: Part },
): Promise<Part> {
  await session.pushBlob(layer.descriptor.digest, layer.bytes)
  await session.pushBlob(config.descriptor.digest, config.bytes)
  const manifest = { schemaVersion: 2, mediaType, config: config.descriptor, layers: [layer.descriptor] }
  return describe(mediaType, Buffer.from(JSON.stringify(manifest)))
}

/** https://docs.docker.com/build/metadata/attestations/attestation-storage/ */
async function pushAttestation(session: PushSession, of: string): Promise<object> {
  const types = vocabularies.oci
  const platform = { architecture: 'unknown', os: 'unknown' }
  const layer = describe('application/vnd.in-toto+json', Buffer.from('{"_type":"https://in-toto.io/Statement/v0.1"}'))
  const rootfs = { type: 'layers', diff_ids: [layer.descriptor.digest] }
  const config = describe(types.config, Buffer.from(JSON.stringify({ ...platform, config: {}, rootfs })))
  const { descriptor, bytes } = await pushBlobs(session, types.manifest, { config, layer })
  await session.pushManifest(descriptor.digest, types.manifest, bytes)
  const annotations = { 'vnd.docker.reference.digest': of, 'vnd.docker.reference.type': 'attestation-manifest' }
  return { ...descriptor, annotations, platform }
}

function readPlatform(text: string): { readonly os: string; readonly architecture: string; readonly variant?: string } {
  const [os = '', architecture = '', variant] = text.split('/')
  return { os, architecture, ...(variant === undefined ? {} : { variant }) }
}

function configOf(image: ImageToPush, platform: object, diffId: string): unknown {
  const created = image.created ?? '1970-01-01T00:00:00Z'
  // The tag is a label, as builders write it, so that two tags are two images.
  const labels = { 'org.opencontainers.image.version': image.tag, ...image.labels }
  return {
    created,
    ...platform,
    config: { Labels: labels },
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created, created_by: 'lotse sandbox' }],
  }
}

function describe(mediaType: string, bytes: Buffer): Part {
  return { descriptor: { mediaType, digest: sha256(bytes), size: bytes.length }, bytes }
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
