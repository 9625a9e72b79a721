import {
  type Blob,
  type ImageConfig,
  type ImageLabels,
  type IndexEntry,
  type ManifestContent,
  isContentDigest,
  parseImageConfig,
  parseManifestContent,
} from '../../core/image/manifest-content.ts'
import { type ManifestType, manifestType, manifestTypes } from '../../core/image/manifest-type.ts'
import type { Platform } from '../../core/image/platform.ts'
import { isTag } from '../../core/image/ref.ts'
import { type Parsed, formatProblem } from '../../core/parsed.ts'
import { digestOf, isContentOf } from './content-digest.ts'
import { type Ask, refusal } from './conversation.ts'
import type { Refused, RegistryPlace } from './hosts.ts'
import { parseObject } from './json-object.ts'
import type { Limits } from './transport.ts'

/** What is true of a digest for ever: whoever has it need not ask again. */
export type ImageReading =
  | {
      readonly kind: 'image'
      readonly digest: string
      readonly mediaType: ManifestType
      /** As its builder says; undefined where the builder says nothing. */
      readonly created?: string
      readonly platforms: readonly Platform[]
      readonly labels: ImageLabels
    }
  | { readonly kind: 'absent' }
  | Refused

type Deps = { readonly ask: Ask; readonly limits: Limits }
type Manifest = {
  readonly kind: 'manifest'
  readonly digest: string
  readonly mediaType: ManifestType
  readonly content: ManifestContent
}
type Config = { readonly kind: 'config' } & ImageConfig
type Reading<T> = (deps: Deps, place: RegistryPlace, of: T) => Promise<Config | Refused>

const accept = manifestTypes.join(', ')
/** Of an index that leaves it to the configs to say what its images run on: each costs two requests. */
const mostUntoldPlatforms = 8

/** By tag or digest: two requests for an image of one platform, three for several, one where an index tells it all. */
export async function readImage(deps: Deps, place: RegistryPlace, reference: string): Promise<ImageReading> {
  if (!isTag(reference) && !isContentDigest(reference)) return { kind: 'absent' }
  const manifest = await readManifest(deps, place, reference)
  if (manifest.kind !== 'manifest') return manifest
  const { digest, mediaType, content } = manifest
  const configs: Config[] = []
  const wanted = content.kind === 'index' ? entriesToRead(content) : [content]
  if (wanted.length > mostUntoldPlatforms + 1)
    return refusal(place, `its index has ${wanted.length} images without a platform`)
  for (const of of wanted) {
    const config = await ('digest' in of ? readEntry(deps, place, of) : readConfigOf(deps, place, of))
    if (config.kind === 'refused') return config
    configs.push(config)
  }
  return { kind: 'image', digest, mediaType, ...summary(content, configs) }
}

function summary(content: ManifestContent, configs: readonly Config[]) {
  // The labels of a base image are inherited by what is built on it; annotations are not, so they know better.
  const labels = { ...configs[0]?.labels, ...content.annotations }
  const created = configs[0]?.created ?? labels.created
  const told = content.kind === 'index' ? content.entries.map(({ platform }) => platform) : []
  const platforms = [...told, ...configs.map(({ platform }) => platform)].filter((platform) => platform !== undefined)
  return { ...(created === undefined ? {} : { created }), platforms: [...new Set(platforms)].toSorted(), labels }
}

/** One that stands for all, the same wherever it is asked, and those that do not say what they run on. */
function entriesToRead({ entries, annotations }: Extract<ManifestContent, { kind: 'index' }>): readonly IndexEntry[] {
  const untold = entries.filter(({ platform }) => platform === undefined)
  const complete =
    annotations.created !== undefined && annotations.revision !== undefined && annotations.source !== undefined
  const usual = entries.find(({ platform }) => platform === 'linux/amd64') ?? entries[0]
  return complete || usual === undefined ? untold : [usual, ...untold.filter((entry) => entry !== usual)]
}

const readEntry: Reading<IndexEntry> = async (deps, place, { digest }) => {
  const manifest = await readManifest(deps, place, digest)
  if (manifest.kind === 'absent') return refusal(place, `its index names \`${digest}\`, which it does not have`)
  if (manifest.kind === 'refused') return manifest
  // An index in an index is nobody's image: what it runs on stays unsaid.
  return manifest.content.kind === 'index'
    ? { kind: 'config', created: undefined, platform: undefined, labels: {} }
    : await readConfigOf(deps, place, manifest.content)
}

const readConfigOf: Reading<Extract<ManifestContent, { kind: 'image' }>> = async (deps, place, content) => {
  const { config, annotations } = content
  if (config === undefined)
    return { kind: 'config', created: annotations.created, platform: undefined, labels: annotations }
  const read = await readConfig(deps, place, config)
  return read.kind === 'refused' ? read : { ...read, labels: { ...read.labels, ...annotations } }
}

async function readManifest(
  { ask }: Deps,
  place: RegistryPlace,
  reference: string,
): Promise<Manifest | { readonly kind: 'absent' } | Refused> {
  const url = new URL(`${place.host.base}/v2/${place.path}/manifests/${reference}`)
  const answer = await ask(place, { method: 'GET', url, headers: { accept } })
  if (answer.kind === 'refused') return answer
  if (answer.status === 404) return { kind: 'absent' }
  if (answer.status !== 200) return refusal(place, `it has status ${answer.status}`)
  const mediaType = manifestType(answer.headers.get('content-type') ?? '')
  if (mediaType === undefined) return refusal(place, 'it is not a manifest by its content type')
  const digest = isContentDigest(reference) ? reference : digestOf(answer)
  if (digest === undefined || !isContentOf(digest, answer.body))
    return refusal(place, 'its manifest is not what its digest says')
  const content = parseManifestContent(parseObject(answer.body), mediaType)
  return content.ok ? { kind: 'manifest', digest, mediaType, content: content.value } : misread(place, content)
}

async function readConfig({ ask, limits }: Deps, place: RegistryPlace, config: Blob): Promise<Config | Refused> {
  if (config.size > limits.bodyBytes) return refusal(place, `its config has more than ${limits.bodyBytes} bytes`)
  const url = new URL(`${place.host.base}/v2/${place.path}/blobs/${config.digest}`)
  const answer = await ask(place, { method: 'GET', url, headers: {} }, { redirects: 'public' })
  if (answer.kind === 'refused') return answer
  if (answer.status !== 200) return refusal(place, `its config has status ${answer.status}`)
  if (!isContentOf(config.digest, answer.body)) return refusal(place, 'its config is not what its digest says')
  const parsed = parseImageConfig(parseObject(answer.body))
  return parsed.ok ? { kind: 'config', ...parsed.value } : misread(place, parsed)
}

function misread(place: RegistryPlace, { problems }: Extract<Parsed<never>, { ok: false }>): Refused {
  return refusal(place, problems.map(formatProblem).join('; '))
}
