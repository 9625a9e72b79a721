import { type InstallationId, parseInstallationId } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { type Glance, glanceAt } from '../../io/github/glance.ts'
import { type InstalledRepository, isInstalled, listRepositories } from '../../io/github/installations.ts'
import { doubtReleases, openPulls } from '../../io/store/releases.ts'
import {
  doubtHead,
  forgetRepositoriesExcept,
  isWhollyRead,
  knowRepository,
  type KnownRepository,
  readRepository,
} from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { formatPullKey, journeys } from '../keys.ts'
import { owesDiffs } from './overlooked-diffs.ts'
import { formatHeads } from './overlooked-pulls.ts'

/** So many at once; the others one after another, or many together would meet GitHub's limits by the minute. */
const repositoriesAtOnce = 50
const apartMs = 250

/**
 * The repositories of one installation as they are now: new, renamed, gone, all of them gone. Each is planned again,
 * and each pull request of ours or without our check looked at again, so that a webhook that nobody delivered costs
 * minutes, never a release. Where a glance shows that nothing moved, that is done without a request.
 */
export async function installation(deps: Deps, key: string): Promise<void> {
  const id = guaranteed(parseInstallationId(key))
  if (!(await isInstalled(deps.github.app, id))) {
    await forgetRepositoriesExcept(deps.database, id, [])
    deps.log.info({ installation: id }, 'installation gone')
    return
  }
  await deps.identity(id)
  const repositories = await listRepositories(await deps.github.asInstallation(id))
  for (const repository of repositories) await knowRepository(deps.database, { ...repository, installation: id })
  await forgetRepositoriesExcept(
    deps.database,
    id,
    repositories.map((repository) => repository.id),
  )
  const asked = await lookAgain(
    deps,
    id,
    repositories.filter(({ archived }) => !archived),
  )
  deps.log.info({ installation: id, repositories: repositories.length, asked }, 'installation read')
}

/** Gives how many of them GitHub is asked about. */
async function lookAgain(
  deps: Deps,
  installation: InstallationId,
  repositories: readonly InstalledRepository[],
): Promise<number> {
  const glances = await glanceAt(
    await deps.github.asReader(installation),
    repositories.map(({ node }) => node),
  )
  let asked = 0
  for (const { id } of repositories) {
    const known = await readRepository(deps.database, id)
    if (known === undefined) continue
    const owed = await owedTo(deps, known, glances.get(id))
    if (owed.moved) await doubtHead(deps.database, id)
    await doubtReleases(deps.database, id)
    const afterMs = Math.max(0, asked - repositoriesAtOnce) * apartMs
    for (const journey of owed.journeys) await deps.jobs.ask(journey, `${id}`, { afterMs })
    for (const number of owed.pulls) {
      await deps.jobs.ask(journeys.automerge, formatPullKey({ repository: id, number }), { afterMs })
    }
    if (owed.moved || owed.pulls.length > 0 || owed.journeys.length > 1) asked++
  }
  return asked
}

type Owed = {
  /** The default branch has moved since it was read, or that is unknown. */
  readonly moved: boolean
  readonly journeys: readonly string[]
  /** Those of ours. */
  readonly pulls: Awaited<ReturnType<typeof openPulls>>
}

async function owedTo({ database }: Deps, known: KnownRepository, glance: Glance | undefined): Promise<Owed> {
  const { id } = known
  const isEmpty = glance !== undefined && glance.head === undefined && known.head === undefined
  if (isEmpty) return { moved: false, journeys: [], pulls: [] }
  const moved =
    glance === undefined || glance.head !== known.head || !(known.headIsCurrent && (await isWhollyRead(database, id)))
  const looksOver =
    glance === undefined ||
    !glance.complete ||
    (glance.open.length > 0 && formatHeads(glance.open) !== known.lookedOver)
  const intoDefault = glance?.open.filter(({ base }) => base === known.defaultBranch) ?? []
  const diffs = moved || glance?.complete !== true || (await owesDiffs(database, id, intoDefault))
  return {
    moved,
    journeys: [
      // Without a change of the branch, too: a day, a window or an age may have come that it waited for.
      journeys.release,
      ...(looksOver ? [journeys.overlookedPulls] : []),
      ...(diffs ? [journeys.overlookedDiffs] : []),
    ],
    pulls: await openPulls(database, id),
  }
}
