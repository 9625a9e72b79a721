import { parseInstallationId } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { isInstalled, listRepositories } from '../../io/github/installations.ts'
import { doubtHead, forgetRepositoriesExcept, knowRepository } from '../../io/store/repositories.ts'
import { doubtReleases, openPulls } from '../../io/store/releases.ts'
import type { Deps } from '../deps.ts'
import { formatPullKey, journeys } from '../keys.ts'

/**
 * The repositories of one installation as they are now: new, renamed, gone, all of them gone. Each is planned again,
 * and each pull request of ours or without our check looked at again, so that a webhook that nobody delivered costs
 * minutes, never a release.
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
  for (const repository of repositories.filter(({ archived }) => !archived)) {
    await doubtHead(deps.database, repository.id)
    await doubtReleases(deps.database, repository.id)
    await deps.jobs.ask(journeys.release, `${repository.id}`)
    await deps.jobs.ask(journeys.overlookedPulls, `${repository.id}`)
    await deps.jobs.ask(journeys.overlookedDiffs, `${repository.id}`)
    for (const number of await openPulls(deps.database, repository.id)) {
      await deps.jobs.ask(journeys.automerge, formatPullKey({ repository: repository.id, number }))
    }
  }
  deps.log.info({ installation: id, repositories: repositories.length }, 'installation read')
}
