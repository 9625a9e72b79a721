import { createHash } from 'node:crypto'
import type { GroupRule } from '../config/configuration.ts'
import {
  type BranchName,
  type ClusterName,
  type CommitSha,
  type FilePath,
  type PullNumber,
  parseBranchName,
  parseClusterName,
} from '../ids.ts'
import { type ImageName, withTag } from '../image/ref.ts'
import type { ScalarEdit } from '../manifest/edit.ts'
import { retag } from '../manifest/edit.ts'
import type { WorkloadId } from '../manifest/resource.ts'
import { guaranteed } from '../parsed.ts'
import type { Change } from './plan.ts'

/** What one pull request is of, within its cluster. */
export type GroupOf =
  | { readonly kind: 'image'; readonly image: ImageName }
  | { readonly kind: 'workload'; readonly workload: WorkloadId }
  | { readonly kind: 'all' }

/** The changes that travel in one pull request. Plain JSON: the store keeps it. */
export type ReleaseGroup = {
  readonly branch: BranchName
  readonly cluster: ClusterName
  readonly of: GroupOf
  readonly changes: readonly Change[]
  /** What the plan wants as well, and a person has said no to: it stays out. */
  readonly refused?: readonly RefusedChange[]
}

export type RefusedChange = { readonly change: Change; readonly refusal: Refusal }

/**
 * Where a person said no: by closing a pull request, by working on its branch, or by taking back in git its merge or a
 * commit of ours.
 */
export type Refusal = PullRefusal | { readonly because: 'taken-back'; readonly commit: CommitSha }

export type PullRefusal = { readonly because: 'closed' | 'reverted' | 'taken-over'; readonly pull: PullNumber }

/** For people. */
export function explainRefusal(refusal: Refusal): string {
  switch (refusal.because) {
    case 'closed':
      return `#${refusal.pull} was closed`
    case 'reverted':
      return `it was taken back after #${refusal.pull}`
    case 'taken-over':
      return `somebody has taken over #${refusal.pull}`
    case 'taken-back':
      return `it was taken back after ${refusal.commit.slice(0, 10)}`
  }
}

const prefix = 'lotse/release/'
/** With the longest name of a cluster it still is a name that git takes. */
const longestName = 140

/** Sorted, so that the same plan gives the same groups, commits and texts. */
export function groupChanges(
  changes: readonly Change[],
  ruleOf: (cluster: ClusterName) => GroupRule,
): readonly ReleaseGroup[] {
  const placed = sorted(changes).map((change) => {
    const of = groupOf(change, ruleOf(change.cluster))
    return { branch: releaseBranch(change.cluster, of), of, change }
  })
  return [...Map.groupBy(placed, ({ branch }) => branch)].flatMap(([branch, [first, ...rest]]) => {
    if (first === undefined) return []
    const { of, change } = first
    return [{ branch, cluster: change.cluster, of, changes: [change, ...rest.map((other) => other.change)] }]
  })
}

function groupOf({ image, use }: Change, rule: GroupRule): GroupOf {
  switch (rule) {
    case 'image':
      return { kind: 'image', image }
    case 'workload':
      return { kind: 'workload', workload: use.workload }
    case 'all':
      return { kind: 'all' }
  }
}

/** Equal when the plan asks for the same in both, refused or not. */
export function sameWish(a: ReleaseGroup, b: ReleaseGroup): boolean {
  return sameChanges(wholeGroup(a), wholeGroup(b))
}

/** All that the plan asks for, refused or not. */
export function wholeGroup({ refused = [], ...group }: ReleaseGroup): ReleaseGroup {
  return { ...group, changes: sorted([...group.changes, ...refused.map(({ change }) => change)]) }
}

/** The images with their new tags, as the manifests write them, without repetition, sorted. */
export function imagesOfGroup({ changes }: ReleaseGroup): readonly string[] {
  // One image may be written in several ways: the first counts.
  const images = new Map(changes.toReversed().map(({ image, use, to }) => [`${image}:${to}`, withTag(use.image, to)]))
  return [...images.values()].toSorted(compare)
}

/** Which scalars of which files a group writes. */
export function editsOfGroup(group: ReleaseGroup): ReadonlyMap<FilePath, readonly ScalarEdit[]> {
  const byFile = Map.groupBy(group.changes, ({ file }) => file)
  return new Map([...byFile].map(([file, changes]) => [file, changes.map(({ use, to }) => retag(use, to))]))
}

/** Equal when both would write the same bytes into the same files, whatever else is told about them. */
export function sameChanges(a: ReleaseGroup, b: ReleaseGroup): boolean {
  return JSON.stringify(a.changes.map(written)) === JSON.stringify(b.changes.map(written))
}

/**
 * `lotse/release/production/eu.gcr.io+project+demo-service`, `…/workload=demo=deployment+web`, `…/all`. Flat, because git
 * cannot hold both `a` and `a/b` as branches, while a registry holds both as images. `+` and `=` occur in no image name,
 * and an image name has a slash, so no two groups share a branch.
 */
export function releaseBranch(cluster: ClusterName, of: GroupOf): BranchName {
  return guaranteed(parseBranchName(`${prefix}${cluster}/${nameOf(of)}`))
}

export function isReleaseBranch(branch: string): boolean {
  return branch.startsWith(prefix)
}

/**
 * The cluster whose rules hold for a release. Read from the branch, which GitHub lets nobody change: the body, with our
 * marker in it, is edited by whoever may write.
 */
export function clusterOfBranch(branch: string): ClusterName | undefined {
  const name = isReleaseBranch(branch) ? branch.slice(prefix.length).split('/')[0] : undefined
  const cluster = parseClusterName(name ?? '')
  return cluster.ok ? cluster.value : undefined
}

function nameOf(of: GroupOf): string {
  switch (of.kind) {
    case 'image':
      return imageBranch(of.image)
    case 'workload':
      return workloadBranch(of.workload)
    case 'all':
      return 'all'
  }
}

function imageBranch(image: ImageName): string {
  const flat = flattened(image)
  // An IPv6 address stands in brackets, which git does not take.
  if (/[^\w.+=-]/.test(flat)) return `${plain(flat)}++${digest(flat)}`
  if (flat.length > longestName) return `${flat.slice(0, longestName)}+${digest(flat)}`
  return flat.endsWith('.lock') ? `${flat}+` : flat
}

/** Names in manifests are what their authors wrote: of those that Kubernetes would not take either, a digest tells them apart. */
function workloadBranch(workload: WorkloadId): string {
  const flat = flattened(workload)
  const isPlain = /^[a-z0-9-]+=[a-z]+\+[a-z0-9]+(?:[.-][a-z0-9]+)*$/.test(flat) && !flat.endsWith('.lock')
  return isPlain && flat.length <= longestName ? `workload=${flat}` : `workload=${plain(flat)}++${digest(workload)}`
}

function flattened(name: string): string {
  return name.replaceAll('/', '+').replaceAll(':', '=')
}

function plain(flat: string): string {
  return flat.replace(/[^\w+=-]/g, '-').slice(0, longestName)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function written({ file, use, from, to }: Change): unknown {
  return [file, use.place.document, use.place.path, use.holds, from, to]
}

function sorted(changes: readonly Change[]): readonly Change[] {
  return changes.toSorted((a, b) => compare(sortKey(a), sortKey(b)))
}

/** No two places have the same: several may stand on one line. */
function sortKey({ cluster, image, file, use: { line, place } }: Change): string {
  return [cluster, image, file, `${line}`.padStart(8, '0'), place.document, ...place.path].join('\0')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
