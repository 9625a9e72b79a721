import { type ReleaseGroup, sameWish } from '../../core/release/group.ts'
import { type Admission, type Candidate, admit } from '../../core/release/max-open.ts'
import { ContentLimit } from '../../io/github/content-limit.ts'
import { type KnownRelease, countOpen, readReleases } from '../../io/store/releases.ts'
import { holdRelease, maxOpenOf } from './release-hold.ts'
import { publishGroup } from './release-publish.ts'
import { type ReleaseContext, type StepOutcome, carryOutAll, isInOrder, knownOf } from './release-steps.ts'

type Waiting = { readonly group: ReleaseGroup; readonly known: KnownRelease | undefined; readonly do: Admission['do'] }

/**
 * Opens pull requests for groups that have none, as many as may be open in each cluster; the others wait. One that finds
 * that it has nothing to open leaves its place to the next, so it is asked in rounds until nobody is admitted any more.
 */
export async function openGroups(
  context: ReleaseContext,
  groups: readonly ReleaseGroup[],
  tried: ReadonlySet<string> = new Set(),
): Promise<StepOutcome> {
  const waiting = await waitingGroups(context, groups)
  const due = waiting.filter((one) => one.do !== 'hold' && !tried.has(tryOf(one)))
  if (due.length === 0) {
    for (const one of waiting) if (one.do === 'hold') await hold(context, one)
    return 'done'
  }
  return carryOutAll(
    [
      ...due.map((one) => () => publish(context, one)),
      () => openGroups(context, groups, new Set([...tried, ...due.map(tryOf)])),
    ],
    { stopsAll: (error) => error instanceof ContentLimit },
  )
}

async function publish(context: ReleaseContext, waiting: Waiting): Promise<StepOutcome> {
  const { group, known } = waiting
  const mayOpen = waiting.do === 'open'
  if (mayOpen) context.deps.github.expectContentRoom(context.repository.installation)
  return publishGroup(context, group, { known, mayOpen })
}

function tryOf({ group, do: admission }: Waiting): string {
  return `${admission} ${group.branch}`
}

/** Groups that are not in order and have no open pull request, as far as the store knows. */
async function waitingGroups(context: ReleaseContext, groups: readonly ReleaseGroup[]): Promise<readonly Waiting[]> {
  const { deps, repository } = context
  const known = await readReleases(deps.database, repository.id)
  const open = await countOpen(deps.database, repository.id)
  const closed = groups.filter((group) => {
    const release = knownOf(known, group)
    return release?.open !== true && !isInOrder(release, group, repository.head)
  })
  return [...Map.groupBy(closed, ({ cluster }) => cluster)].flatMap(([cluster, ofCluster]) => {
    const admissions = admit({
      maxOpen: maxOpenOf(context, cluster),
      open: open.get(cluster) ?? 0,
      candidates: ofCluster.map((group) => candidateOf(group, knownOf(known, group))),
    })
    return ofCluster.flatMap((group) => {
      const admission = admissions.get(group.branch)
      return admission === undefined ? [] : [{ group, known: knownOf(known, group), do: admission.do }]
    })
  })
}

function candidateOf({ branch }: ReleaseGroup, known: KnownRelease | undefined): Candidate {
  return { branch, begun: known?.written !== undefined, heldSinceMs: known?.held?.since }
}

/** What waits moves on with the plan, without a word to GitHub. */
async function hold(context: ReleaseContext, { group, known }: Waiting): Promise<void> {
  if (known === undefined) return
  const same = sameWish(known.group, group)
  if (same && known.held !== undefined) return
  await holdRelease(context, same ? known : { ...known, group, written: undefined })
}
