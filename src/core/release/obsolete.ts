import { isDeepStrictEqual } from 'node:util'
import type { ImageUse } from '../manifest/workload.ts'
import { type ReleaseGroup, wholeGroup } from './group.ts'
import type { Change, ReleasePlan, Skipped, SkippedBecause } from './plan.ts'

/**
 * Changes of the past of which today's plan knows nothing, because a registry is silent. Unknown is not "no longer wanted":
 * while manifest and policy say what they said then, the change stays as it is, in whatever group the others move.
 *
 * Weighed against leaving the whole group alone until all its registries answer: one that refuses for good would stop a
 * group of `all` for good.
 */
export function keptChanges(past: readonly ReleaseGroup[], plan: ReleasePlan): readonly Change[] {
  const undecided = new Map(undecidedOf(plan).map((skipped) => [spotOf(skipped), skipped]))
  const kept = past
    .flatMap((group) => wholeGroup(group).changes)
    .flatMap((change): readonly (readonly [string, Change])[] => {
      const skipped = undecided.get(spotOf(change))
      if (skipped === undefined || !saysTheSame(skipped.use, change.use)) return []
      return [[spotOf(change), { ...change, use: skipped.use }]]
    })
  return [...new Map(kept).values()]
}

/** Groups of the past that are wanted no more. While something of one is unknown, and kept nowhere else, it stays. */
export function obsoleteGroups(
  past: readonly ReleaseGroup[],
  wanted: readonly ReleaseGroup[],
  plan: ReleasePlan,
): readonly ReleaseGroup[] {
  const branches = new Set(wanted.map(({ branch }) => branch))
  const spots = new Set(wanted.flatMap((group) => wholeGroup(group).changes.map(spotOf)))
  const undecided = undecidedOf(plan)
  return past.filter((group) => !branches.has(group.branch) && !isOpenQuestion(group, undecided, spots))
}

function isOpenQuestion(group: ReleaseGroup, undecided: readonly Skipped[], kept: ReadonlySet<string>): boolean {
  const ofCluster = undecided.filter(({ cluster }) => cluster === group.cluster)
  const { changes } = wholeGroup(group)
  // A group that is known by its pull request alone has no changes.
  if (changes.length === 0) return ofCluster.some((skipped) => isOf(group, skipped))
  const lost = new Set(changes.filter((change) => !kept.has(spotOf(change))).map(({ image }) => image))
  return ofCluster.some(({ image }) => lost.has(image))
}

function isOf({ of }: ReleaseGroup, { image, workload }: Skipped): boolean {
  switch (of.kind) {
    case 'image':
      return of.image === image
    case 'workload':
      return of.workload === workload
    case 'all':
      return true
  }
}

function undecidedOf({ skipped }: ReleasePlan): readonly Skipped[] {
  return skipped.filter(({ because }) => isUndecided(because))
}

function isUndecided({ kind }: SkippedBecause): boolean {
  switch (kind) {
    case 'registry-unknown':
    case 'registry-refused':
    case 'image-absent':
    case 'order-by-created':
    case 'no-number':
    case 'platforms-unknown':
      return true
    case 'outside-clusters':
    case 'ignored-file':
    case 'not-automated':
    case 'never-automated':
    case 'ignored':
    case 'locked':
    case 'digest-pinned':
    case 'broken-policy':
    case 'no-allowed-tag':
    case 'held-back':
    case 'older-than-current':
    case 'up-to-date':
      return false
  }
}

/** Where a manifest names an image, whichever document of its file it is. */
function spotOf({ cluster, file, use }: Pick<Change | Skipped, 'cluster' | 'file' | 'use'>): string {
  return JSON.stringify([cluster, file, use.workload, use.container, use.place.path])
}

function saysTheSame(a: ImageUse, b: ImageUse): boolean {
  return (
    a.image.written === b.image.written &&
    a.text === b.text &&
    a.holds === b.holds &&
    // What came back from the store lacks the keys that are undefined, and has its own order of them.
    isDeepStrictEqual(JSON.parse(JSON.stringify(a.automation)), JSON.parse(JSON.stringify(b.automation)))
  )
}
