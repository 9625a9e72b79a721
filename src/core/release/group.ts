import { createHash } from 'node:crypto'
import { type BranchName, type ClusterName, type FilePath, parseBranchName } from '../ids.ts'
import type { ImageName } from '../image/ref.ts'
import type { ScalarEdit } from '../manifest/edit.ts'
import { retag } from '../manifest/edit.ts'
import { guaranteed } from '../parsed.ts'
import type { Change, ReleasePlan, SkippedBecause } from './plan.ts'

/** The changes that travel in one pull request: one image within one cluster. Plain JSON: the store keeps it. */
export type ReleaseGroup = {
  readonly branch: BranchName
  readonly cluster: ClusterName
  readonly image: ImageName
  readonly changes: readonly Change[]
}

const prefix = 'lotse/release/'
/** With the longest name of a cluster it still is a name that git takes. */
const longestImage = 140

/** Sorted, so that the same plan gives the same groups, commits and texts. */
export function groupChanges(changes: readonly Change[]): readonly ReleaseGroup[] {
  const sorted = changes.toSorted((a, b) => compare(sortKey(a), sortKey(b)))
  const groups = Map.groupBy(sorted, ({ cluster, image }) => releaseBranch(cluster, image))
  return [...groups].flatMap(([branch, [first, ...rest]]) =>
    first === undefined ? [] : [{ branch, cluster: first.cluster, image: first.image, changes: [first, ...rest] }],
  )
}

/**
 * Groups of the past that the plan asks for no more. While the plan does not know an image (its registry is silent, or
 * refuses), nothing of it is withdrawn: unknown is not "no longer wanted".
 */
export function obsoleteGroups(past: readonly ReleaseGroup[], plan: ReleasePlan): readonly ReleaseGroup[] {
  const wanted = new Set(groupChanges(plan.changes).map(({ branch }) => branch))
  const undecided = new Set(plan.skipped.filter(({ because }) => isUndecided(because)).map(({ image }) => image))
  return past.filter(({ branch, image }) => !wanted.has(branch) && !undecided.has(image))
}

function isUndecided({ kind }: SkippedBecause): boolean {
  return kind === 'registry-unknown' || kind === 'registry-refused' || kind === 'image-absent'
}

/** The tags that a group brings, without repetition, sorted. */
export function tagsOfGroup(group: ReleaseGroup): readonly string[] {
  return [...new Set(group.changes.map(({ to }) => to))].toSorted()
}

/** Which scalars of which files a group writes. */
export function editsOfGroup(group: ReleaseGroup): ReadonlyMap<FilePath, readonly ScalarEdit[]> {
  const byFile = Map.groupBy(group.changes, ({ file }) => file)
  return new Map([...byFile].map(([file, changes]) => [file, changes.map(({ use, to }) => retag(use, to))]))
}

/** Equal when both would write the same bytes into the same files. */
export function sameChanges(a: ReleaseGroup, b: ReleaseGroup): boolean {
  return JSON.stringify(a.changes.map(written)) === JSON.stringify(b.changes.map(written))
}

/**
 * `lotse/release/production/eu.gcr.io+project+demo-service`. Flat, because git cannot hold both `a` and `a/b` as
 * branches, while a registry holds both as images; `+` and `=` occur in no image name, so no two images share a branch.
 */
export function releaseBranch(cluster: ClusterName, image: ImageName): BranchName {
  const flat = image.replaceAll('/', '+').replaceAll(':', '=')
  const short = flat.length > longestImage ? `${flat.slice(0, longestImage)}+${digest(flat)}` : flat
  const name = `${prefix}${cluster}/${short}`
  return guaranteed(parseBranchName(name.endsWith('.lock') ? `${name}+` : name))
}

export function isReleaseBranch(branch: string): boolean {
  return branch.startsWith(prefix)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function written({ file, use, from, to }: Change): unknown {
  return [file, use.place.document, use.place.path, use.holds, from, to]
}

function sortKey({ cluster, image, file, use }: Change): string {
  return [cluster, image, file, use.line.toString().padStart(8, '0')].join('\0')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
