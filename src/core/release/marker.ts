import { type ClusterName, parseClusterName } from '../ids.ts'
import { type ImageName, parseImageName } from '../image/ref.ts'

/** What a release pull request is about, hidden in its body: the bot knows its own by author and marker, never by text. */
export type ReleaseMarker = {
  readonly cluster: ClusterName
  readonly image: ImageName
  /** Sorted; more than one when workloads of the cluster follow different policies. */
  readonly tags: readonly string[]
}

const form = /<!-- lotse:release (\{.*?\}) -->/

export function formatReleaseMarker({ cluster, image, tags }: ReleaseMarker): string {
  // `--` would end an HTML comment early in some readers, and image names may hold it.
  const json = JSON.stringify({ cluster, image, tags }).replaceAll('--', '-\\u002d').replaceAll('>', '\\u003e')
  return `<!-- lotse:release ${json} -->`
}

export function parseReleaseMarker(body: string): ReleaseMarker | undefined {
  const json = form.exec(body)?.[1]
  if (json === undefined) return undefined
  const value = parseJson(json)
  if (!isRecord(value) || typeof value['cluster'] !== 'string' || typeof value['image'] !== 'string') return undefined
  const cluster = parseClusterName(value['cluster'])
  const image = parseImageName(value['image'])
  const tags: unknown = value['tags']
  if (!cluster.ok || !image.ok || !isStrings(tags)) return undefined
  return { cluster: cluster.value, image: image.value, tags }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
