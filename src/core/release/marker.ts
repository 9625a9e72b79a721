import { createHash } from 'node:crypto'
import { type ClusterName, parseClusterName } from '../ids.ts'
import { type ImageName, parseImageName } from '../image/ref.ts'
import { type ReleaseGroup, tagsOfGroup } from './group.ts'

/** What a release pull request is about, hidden in its body: the bot knows its own by author and marker, never by text. */
export type ReleaseMarker = {
  readonly cluster: ClusterName
  readonly image: ImageName
  /** Sorted; more than one when workloads of the cluster follow different policies. */
  readonly tags: readonly string[]
  /** Which workloads it moves to which tag, each as a short digest: what a person's "no" was about. */
  readonly uses: readonly string[]
}

const form = /<!-- lotse:release (\{.*?\}) -->/

export function markerOf(group: ReleaseGroup): ReleaseMarker {
  const uses = group.changes.map(({ use, to }) => digest(`${use.workload}\0${use.container}\0${to}`))
  return { cluster: group.cluster, image: group.image, tags: tagsOfGroup(group), uses: [...new Set(uses)].toSorted() }
}

/** Whether all that `wanted` asks for was in `past`. */
export function covers(past: ReleaseMarker, wanted: ReleaseMarker): boolean {
  return wanted.uses.every((use) => past.uses.includes(use))
}

export function formatReleaseMarker({ cluster, image, tags, uses }: ReleaseMarker): string {
  // `--` would end an HTML comment early in some readers, and image names may hold it.
  const json = JSON.stringify({ cluster, image, tags, uses }).replaceAll('--', '-\\u002d').replaceAll('>', '\\u003e')
  return `<!-- lotse:release ${json} -->`
}

export function parseReleaseMarker(body: string): ReleaseMarker | undefined {
  const json = form.exec(body)?.[1]
  if (json === undefined) return undefined
  const value = parseJson(json)
  if (!isRecord(value) || typeof value['cluster'] !== 'string' || typeof value['image'] !== 'string') return undefined
  const cluster = parseClusterName(value['cluster'])
  const image = parseImageName(value['image'])
  const { tags, uses } = value
  if (!cluster.ok || !image.ok || !isStrings(tags) || !isStrings(uses)) return undefined
  return { cluster: cluster.value, image: image.value, tags, uses }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
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
