import { listFailedDeliveries, redeliver } from '../../io/github/deliveries.ts'
import { listInstallations } from '../../io/github/installations.ts'
import { forgetDeliveries, keptDeliveries, openDeliveries } from '../../io/store/deliveries.ts'
import { forgetOldFruitless } from '../../io/store/fruitless.ts'
import { forgetUnfollowedTags } from '../../io/store/registry.ts'
import { followedImages, forgetRepositoriesExcept, knownInstallations } from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { journeys, refreshAtStart } from '../keys.ts'
import { commandLifeMs } from './chat.ts'

const hourMs = 3_600_000
/** As long as GitHub keeps a delivery. */
const keptMs = 72 * hourMs

/**
 * At the start and on a timer: whatever was missed is found. Webhooks are hints, so asking for them again comes last. The
 * start looks back as far as GitHub does, because nobody knows how long the bot was away.
 */
export async function refresh(deps: Deps, key: string): Promise<void> {
  await forgetDeliveries(deps.database, new Date(deps.now().getTime() - 2 * keptMs))
  for (const guid of await openDeliveries(deps.database)) await deps.jobs.ask(journeys.delivery, guid)
  const installations = await refreshInstallations(deps)
  await forgetUnfollowedTags(deps.database)
  await forgetOldFruitless(deps.database)
  for (const image of await followedImages(deps.database)) await deps.jobs.ask(journeys.tags, image)
  const redelivered = await redeliverFailed(deps, key === refreshAtStart ? keptMs : hourMs)
  deps.log.info({ redelivered, installations }, 'refreshed')
}

/** Known are looked up before they are listed: one that comes in between is not taken for one that is gone. */
async function refreshInstallations(deps: Deps): Promise<number> {
  const known = await knownInstallations(deps.database)
  const installations = await listInstallations(deps.github.app)
  const gone = known.filter((id) => !installations.includes(id))
  for (const id of gone) await forgetRepositoriesExcept(deps.database, id, [])
  for (const id of installations) await deps.jobs.ask(journeys.installation, `${id}`)
  return installations.length
}

async function redeliverFailed({ github, database, now }: Deps, lookBackMs: number): Promise<number> {
  const present = now().getTime()
  const failed = await listFailedDeliveries(github.app, new Date(present - lookBackMs))
  const kept = await keptDeliveries(
    database,
    failed.map(({ guid }) => guid),
  )
  const wanted = failed.filter(
    ({ guid, event, at }) => !kept.has(guid) && (event !== 'issue_comment' || present - at.getTime() < commandLifeMs),
  )
  for (const delivery of wanted) await redeliver(github.app, delivery)
  return wanted.length
}
