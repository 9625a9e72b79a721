import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type RegistryLogin, createSession } from './push-session.ts'

export type ImageToPush = {
  readonly repository: string
  readonly tag: string
  /** RFC 3339; default the epoch, so that the same image has the same digest everywhere. */
  readonly created?: string
  readonly labels?: Readonly<Record<string, string>>
  /** `linux/amd64`, `linux/arm64/v8`; default the first. Several make an index. */
  readonly platforms?: readonly string[]
  readonly auth?: RegistryLogin
}

const types = {
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
}

type Descriptor = { readonly mediaType: string; readonly digest: string; readonly size: number }

/** Pushes a small real image to any registry, as a client would: blobs first, the tag last. */
export async function pushImage(registryUrl: string, image: ImageToPush): Promise<{ readonly digest: string }> {
  const session = createSession(registryUrl, image.repository, image.auth)
  const platforms = image.platforms ?? ['linux/amd64']
  const manifests: { readonly descriptor: Descriptor; readonly bytes: Buffer; readonly platform: object }[] = []
  for (const text of platforms) {
    const platform = readPlatform(text)
    // An archive without files: two empty blocks end it.
    const files = Buffer.alloc(1024)
    const layer = describe(types.layer, gzipSync(files))
    const config = describe(types.config, Buffer.from(JSON.stringify(configOf(image, platform, sha256(files)))))
    await session.pushBlob(layer.descriptor.digest, layer.bytes)
    await session.pushBlob(config.descriptor.digest, config.bytes)
    const manifest = {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: config.descriptor,
      layers: [layer.descriptor],
    }
    manifests.push({ ...describe(types.manifest, Buffer.from(JSON.stringify(manifest))), platform })
  }
  const [only, ...others] = manifests
  if (only === undefined) throw new Error(`${image.repository}:${image.tag} needs at least one platform`)
  if (others.length === 0) return await session.pushManifest(image.tag, types.manifest, only.bytes)
  for (const { descriptor, bytes } of manifests) await session.pushManifest(descriptor.digest, types.manifest, bytes)
  const entries = manifests.map(({ descriptor, platform }) => ({ ...descriptor, platform }))
  const index = { schemaVersion: 2, mediaType: types.index, manifests: entries }
  return await session.pushManifest(image.tag, types.index, Buffer.from(JSON.stringify(index)))
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

function describe(mediaType: string, bytes: Buffer): { readonly descriptor: Descriptor; readonly bytes: Buffer } {
  return { descriptor: { mediaType, digest: sha256(bytes), size: bytes.length }, bytes }
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
