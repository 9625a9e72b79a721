import type { BranchName } from '../../core/ids.ts'
import { type ReleaseGroup, sameWish } from '../../core/release/group.ts'
import { type Admission, type Candidate, admit, heldBecause } from '../../core/release/max-open.ts'
import { ContentLimit } from '../../io/github/content-limit.ts'
import { GitHubUnavailable } from '../../io/github/errors.ts'
import { type KnownRelease, countOpen, readReleases } from '../../io/store/releases.ts'
import { holdRelease, maxOpenOf } from './release-hold.ts'
import { publishGroup } from './release-publish.ts'
import { type ReleaseContext, type StepOutcome, carryOutAll, isInOrder, knownOf } from './release-steps.ts'

type Waiting = { readonly group: ReleaseGroup; readonly known: KnownRelease | undefined; readonly do: Admission['do'] }

/** What became of the groups of one job. One that failed is not asked again before the next. */
type Tried = {
  readonly admissions: Set<string>
  /** Its pull request may be open all the same: it takes a place. */
  readonly doubtful: Set<BranchName>
  readonly refused: Set<BranchName>
}

/**
 * Opens pull requests for groups that have none, as many as may be open in each cluster; the others wait. One that finds
 * that it has nothing to open leaves its place to the next, so it is asked in rounds until nobody is admitted any more.
 */
export async function openGroups(
  context: ReleaseContext,
  groups: readonly ReleaseGroup[],
  tried: Tried = { admissions: new Set(), doubtful: new Set(), refused: new Set() },
): Promise<StepOutcome> {
  const waiting = await waitingGroups(context, groups, tried)
  const due = waiting.filter((one) => one.do !== 'hold' && !tried.admissions.has(tryOf(one)))
  if (due.length === 0) {
    for (const one of waiting) if (one.do === 'hold') await hold(context, one)
    return 'done'
  }
  return carryOutAll(
    [...due.map((one) => () => attempt(context, one, tried)), () => openGroups(context, groups, tried)],
    { stopsAll },
  )
}

/** The next would be refused as this one was. */
function stopsAll(error: unknown): boolean {
  return error instanceof ContentLimit || (error instanceof GitHubUnavailable && error.retryAfterMs !== undefined)
}

async function attempt(context: ReleaseContext, waiting: Waiting, tried: Tried): Promise<StepOutcome> {
  tried.admissions.add(tryOf(waiting))
  try {
    return await publish(context, waiting)
  } catch (error) {
    // Only a "no" to opening it says that it is not open.
    const isRefused = waiting.do === 'open' && !(error instanceof GitHubUnavailable)
    tried[isRefused ? 'refused' : 'doubtful'].add(waiting.group.branch)
    throw error
  }
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
async function waitingGroups(
  context: ReleaseContext,
  groups: readonly ReleaseGroup[],
  { doubtful, refused }: Tried,
): Promise<readonly Waiting[]> {
  const { deps, repository } = context
  const known = await readReleases(deps.database, repository.id)
  const open = await countOpen(deps.database, repository.id)
  const closed = groups.filter((group) => {
    const release = knownOf(known, group)
    return release?.open !== true && !isInOrder(release, group, repository.head)
  })
  return [...Map.groupBy(closed, ({ cluster }) => cluster)].flatMap(([cluster, ofCluster]) => {
    const maybeOpen = ofCluster.filter(({ branch }) => doubtful.has(branch)).length
    const admissions = admit({
      maxOpen: maxOpenOf(context, cluster),
      open: (open.get(cluster) ?? 0) + maybeOpen,
      candidates: ofCluster
        .filter(({ branch }) => !doubtful.has(branch) && !refused.has(branch))
        .map((group) => candidateOf(group, knownOf(known, group))),
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
  if (same && known.held?.because === heldBecause(group.cluster, maxOpenOf(context, group.cluster))) return
  await holdRelease(context, same ? known : { ...known, group, written: undefined })
}
