import { listFailedDeliveries, redeliver } from '../../io/github/deliveries.ts'
import { listInstallations } from '../../io/github/installations.ts'
import { forgetDeliveries, openDeliveries } from '../../io/store/deliveries.ts'
import { followedImages } from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { journeys, refreshAtStart } from '../keys.ts'

const hourMs = 3_600_000
/** As long as GitHub keeps a delivery. */
const keptMs = 72 * hourMs
/** Whoever gave a command longer ago has moved on. */
const commandMs = hourMs

/**
 * At the start and on a timer: whatever was missed is found. Webhooks are hints. The start looks back as far as GitHub
 * does, because nobody knows how long the bot was away.
 */
export async function refresh(deps: Deps, key: string): Promise<void> {
  const now = deps.now().getTime()
  await forgetDeliveries(deps.database, new Date(now - 2 * keptMs))
  for (const guid of await openDeliveries(deps.database)) await deps.jobs.ask(journeys.delivery, guid)
  const lookBackMs = key === refreshAtStart ? keptMs : hourMs
  const failed = await listFailedDeliveries(deps.github.app, new Date(now - lookBackMs))
  const wanted = failed.filter(({ event, at }) => event !== 'issue_comment' || now - at.getTime() < commandMs)
  for (const delivery of wanted) await redeliver(deps.github.app, delivery)
  const installations = await listInstallations(deps.github.app)
  for (const installation of installations) await deps.jobs.ask(journeys.installation, `${installation}`)
  for (const image of await followedImages(deps.database)) await deps.jobs.ask(journeys.tags, image)
  deps.log.info({ redelivered: wanted.length, installations: installations.length }, 'refreshed')
}
