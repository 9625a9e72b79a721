import { type Parsed, parsed, refused } from '../parsed.ts'
import { type ManifestType, manifestType } from './manifest-type.ts'
import { type Platform, platformOf } from './platform.ts'

/** Where an image comes from, by its own word: untrusted text of bounded length. */
export type ImageLabels = {
  readonly source?: string
  readonly revision?: string
  readonly version?: string
  readonly created?: string
}

/** What a manifest says. `annotations` are those of the manifest itself. */
export type ManifestContent =
  | { readonly kind: 'index'; readonly entries: readonly IndexEntry[]; readonly annotations: ImageLabels }
  | { readonly kind: 'image'; readonly config: Blob | undefined; readonly annotations: ImageLabels }

/** One image of several; its platform is undefined where only its config can say it. */
export type IndexEntry = { readonly digest: string; readonly platform: Platform | undefined }

export type Blob = { readonly digest: string; readonly size: number }

export type ImageConfig = {
  readonly created: string | undefined
  readonly platform: Platform | undefined
  readonly labels: ImageLabels
}

const digestForm = /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/
const mostEntries = 256
const longestLabel = 512
const labelPrefix = 'org.opencontainers.image.'
const labelNames = ['source', 'revision', 'version', 'created'] as const
/** Charts, signatures and attestations have a config of another type: nothing in it tells of an image. */
const configTypes: readonly unknown[] = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]

/** Such as registries name content by; anything else is not asked for. */
export function isContentDigest(text: string): boolean {
  return digestForm.test(text)
}

/** The JSON of a manifest, of the type that its `Content-Type` says. */
export function parseManifestContent(body: unknown, type: ManifestType): Parsed<ManifestContent> {
  if (!isRecord(body)) return refused('expected a manifest')
  const said = body['mediaType']
  if (said !== undefined && (typeof said !== 'string' || manifestType(said) !== type))
    return refused(`expected a manifest of \`${type}\`, as its content type says, got \`${shown(said)}\``)
  switch (type) {
    case 'application/vnd.oci.image.index.v1+json':
    case 'application/vnd.docker.distribution.manifest.list.v2+json':
      return readIndex(body)
    case 'application/vnd.oci.image.manifest.v1+json':
    case 'application/vnd.docker.distribution.manifest.v2+json':
      return readImageManifest(body)
  }
}

/** The JSON of an image's config: https://github.com/opencontainers/image-spec/blob/main/config.md. */
export function parseImageConfig(body: unknown): Parsed<ImageConfig> {
  if (!isRecord(body)) return refused('expected the config of an image')
  const { created, os, architecture, variant, config } = body
  const labels = readLabels(isRecord(config) ? config['Labels'] : undefined)
  const own = typeof created === 'string' ? plain(created) : undefined
  return parsed({ created: own ?? labels.created, platform: platformOf(os, architecture, variant), labels })
}

function readIndex(body: Record): Parsed<ManifestContent> {
  const list = body['manifests']
  if (!Array.isArray(list)) return refused('expected an index with a list `manifests`')
  if (list.length > mostEntries)
    return refused(`expected an index of at most ${mostEntries} images, got ${list.length}`)
  const entries: IndexEntry[] = []
  for (const entry of list.filter((entry) => !isAttestation(entry))) {
    const digest = isRecord(entry) ? entry['digest'] : undefined
    if (!isRecord(entry) || typeof digest !== 'string' || !isContentDigest(digest))
      return refused('expected a digest for each image of an index')
    entries.push({ digest, platform: platformIn(entry['platform']) })
  }
  return parsed({ kind: 'index', entries, annotations: readLabels(body['annotations']) })
}

function readImageManifest(body: Record): Parsed<ManifestContent> {
  const { config, annotations } = body
  if (!isRecord(config)) return refused('expected a manifest with a config')
  const own = readLabels(annotations)
  if (!configTypes.includes(config['mediaType'])) return parsed({ kind: 'image', config: undefined, annotations: own })
  const { digest, size } = config
  return typeof digest === 'string' && isContentDigest(digest) && typeof size === 'number' && size >= 0
    ? parsed({ kind: 'image', config: { digest, size }, annotations: own })
    : refused('expected a config with digest and size')
}

/** BuildKit lists what it attests to beside the images, as a platform that no machine has. */
function isAttestation(entry: unknown): boolean {
  if (!isRecord(entry)) return false
  const { platform, annotations } = entry
  if (isRecord(annotations) && annotations['vnd.docker.reference.type'] === 'attestation-manifest') return true
  return isRecord(platform) && platform['os'] === 'unknown' && platform['architecture'] === 'unknown'
}

function platformIn(platform: unknown): Platform | undefined {
  return isRecord(platform) ? platformOf(platform['os'], platform['architecture'], platform['variant']) : undefined
}

/** Only what we show; the rest may be a megabyte of anything. */
function readLabels(labels: unknown): ImageLabels {
  if (!isRecord(labels)) return {}
  const found = labelNames.flatMap((name) => {
    const value = labels[`${labelPrefix}${name}`]
    const text = typeof value === 'string' ? plain(value) : undefined
    return text === undefined ? [] : [[name, text] as const]
  })
  return Object.fromEntries(found)
}

/** Text that a line can hold; the store cannot hold a NUL, either. */
function plain(text: string): string | undefined {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return text === '' || text.length > longestLabel || /[\u0000-\u001f\u007f]/.test(text) ? undefined : text
}

type Record = Readonly<{ [name: string]: unknown }>

function shown(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 80) : typeof value
}

function isRecord(value: unknown): value is Record {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
