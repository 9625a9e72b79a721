import { createHash } from 'node:crypto'
import { type ClusterName, parseClusterName } from '../ids.ts'
import { parseImageName } from '../image/ref.ts'
import type { WorkloadId } from '../manifest/resource.ts'
import type { GroupOf, ReleaseGroup } from './group.ts'
import type { Change } from './plan.ts'

/** What a release pull request is about, hidden in its body: the bot knows its own by author and marker, never by text. */
export type ReleaseMarker = {
  readonly cluster: ClusterName
  readonly of: GroupOf
  /** Which workloads it moves to which tags, by `useOf`: what a person's "no" is about. */
  readonly uses: readonly string[]
}

const form = /<!-- lotse:release (\{.*?\}) -->/
/** A body has 65,536 characters. Of what is beyond these a "no" is not remembered. */
const mostUses = 1200
const longestWorkload = 400

export function markerOf({ cluster, of, changes }: ReleaseGroup): ReleaseMarker {
  return { cluster, of, uses: [...new Set(changes.map(useOf))].toSorted().slice(0, mostUses) }
}

/** `5f0a1b2c.a1b2c3d4e5f6`: a container of a workload, and what it moves to. Markers of the past have the second alone. */
export function useOf({ use, to }: Change): string {
  const spot = `${use.workload}\0${use.container}`
  return `${digest(spot, 8)}.${digest(`${spot}\0${to}`, 12)}`
}

const useForm = /^(?:[0-9a-f]{8}\.)?[0-9a-f]{12}$/

/** The uses that are ours: whoever may write can edit a body, and the marker in it. */
export function usesOf({ uses }: ReleaseMarker): readonly string[] {
  return uses.filter((use) => useForm.test(use))
}

/** Whether both are about the same workloads and tags. */
export function sameUses(a: ReleaseMarker, b: ReleaseMarker): boolean {
  const { asks } = aboutOf(b)
  return a.uses.length === b.uses.length && a.uses.every(asks)
}

/** What a pull request was for, as questions about a use. */
export type About = {
  /** Whether it was for just this. */
  readonly asks: (use: string) => boolean
  /** Whether it was for this container, with whatever tag. */
  readonly isAbout: (use: string) => boolean
}

/** One question to one marker. */
export function asks(marker: ReleaseMarker, use: string): boolean {
  return aboutOf(marker).asks(use)
}

export function isAbout(marker: ReleaseMarker, use: string): boolean {
  return aboutOf(marker).isAbout(use)
}

/** Many questions to one marker. */
export function aboutOf({ uses }: ReleaseMarker): About {
  const moves = new Set(uses.map(moveOf))
  const spots = new Set(uses.map(spotOf))
  return {
    asks: (use) => moves.has(moveOf(use)),
    isAbout: (use) => spots.has(undefined) || spots.has(spotOf(use)),
  }
}

export function formatReleaseMarker({ cluster, of, uses }: ReleaseMarker): string {
  const json = JSON.stringify({ cluster, ...writtenOf(of), uses })
  // `--` would end an HTML comment early in some readers, and image names may hold it; a workload may be called anything.
  const safe = json.replace(/(?<=-)-|>|[^ -~]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `<!-- lotse:release ${safe} -->`
}

export function parseReleaseMarker(body: string): ReleaseMarker | undefined {
  const json = form.exec(body)?.[1]
  const value = json === undefined ? undefined : parseJson(json)
  if (!isRecord(value) || typeof value['cluster'] !== 'string') return undefined
  const cluster = parseClusterName(value['cluster'])
  const of = readOf(value)
  const { uses } = value
  if (!cluster.ok || of === undefined || !isStrings(uses)) return undefined
  return { cluster: cluster.value, of, uses }
}

/** An image by its own key, as ever. */
function writtenOf(of: GroupOf): Readonly<Record<string, unknown>> {
  switch (of.kind) {
    case 'image':
      return { image: of.image }
    case 'workload':
      return { workload: of.workload.slice(0, longestWorkload) }
    case 'all':
      return { all: true }
  }
}

function readOf({ image, workload, all }: Readonly<Record<string, unknown>>): GroupOf | undefined {
  if (typeof image === 'string') {
    const name = parseImageName(image)
    return name.ok ? { kind: 'image', image: name.value } : undefined
  }
  // Whatever its author called it: it is looked up, and shown nowhere.
  if (typeof workload === 'string') return { kind: 'workload', workload: workload as WorkloadId }
  return all === true ? { kind: 'all' } : undefined
}

/** The container alone; undefined for a use of the past. */
export function spotOf(use: string): string | undefined {
  return use.includes('.') ? use.slice(0, use.indexOf('.')) : undefined
}

/** What tells one use from every other, whether it names its container or not. */
export function moveOf(use: string): string {
  return use.slice(use.indexOf('.') + 1)
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
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
