import { type ReleaseGroup, sameWish } from '../../core/release/group.ts'
import { paceEdit } from '../../core/release/pace.ts'
import { type KnownRelease, keepRelease } from '../../io/store/releases.ts'
import { journeys } from '../keys.ts'
import type { ReleaseContext } from './release-steps.ts'

/**
 * Whether an open pull request waits for the end of a burst of tags: then what it will be edited to is noted, and the
 * release asked for again in time. Who reads the note knows that what the pull request brings is not today's plan.
 *
 * Asks the store only, so that each tag of a burst costs GitHub nothing. A pull request of which somebody doubts that it
 * is open is not paced: its place may have to be opened anew.
 */
export async function waitsForQuiet(
  { deps, repository }: ReleaseContext,
  planned: ReleaseGroup,
  known: KnownRelease,
): Promise<boolean> {
  if (!known.open || known.written === undefined || known.settledAt === undefined) return false
  if (sameWish(known.group, planned)) return false
  const nowMs = deps.now().getTime()
  const { next, editedAt } = known
  const since = next !== undefined && sameWish(next.group, planned) ? next.since : nowMs
  const pace = paceEdit({ nowMs, editedMs: editedAt?.getTime(), wantedSinceMs: since })
  if (pace.do === 'write') return false
  await keepRelease(deps.database, repository.id, { ...known, next: { group: planned, since } })
  await deps.jobs.ask(journeys.release, `${repository.id}`, { afterMs: pace.untilMs - nowMs })
  deps.log.info({ branch: planned.branch, until: new Date(pace.untilMs) }, 'release waits for the end of a burst')
  return true
}
