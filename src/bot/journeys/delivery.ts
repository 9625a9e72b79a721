import type { Probot } from 'probot'
import { finishDelivery, readDelivery } from '../../io/store/deliveries.ts'
import type { Deps } from '../deps.ts'

/** A webhook that was kept is handed to Probot, whose handlers ask for jobs; then it is done, and done once. */
export async function delivery(deps: Deps, probot: Probot, guid: string): Promise<void> {
  const kept = await readDelivery(deps.database, guid)
  if (kept === undefined) return
  await probot.receive({ id: guid, name: kept.event, payload: JSON.parse(kept.payload) } as Parameters<
    Probot['receive']
  >[0])
  await finishDelivery(deps.database, guid)
}
