import type { Octokit } from '@octokit/rest'

export type FailedDelivery = { readonly id: number; readonly guid: string; readonly event: string; readonly at: Date }

type DeliveryAnswer = {
  readonly id: number
  readonly guid: string
  readonly event: string
  readonly delivered_at: string
}

/** Our own answers that the same bytes get again: no fitting signature, no delivery, too large. */
const refusedForGood = [400, 401, 413]

/**
 * Deliveries first tried since a moment and not taken then, oldest first. GitHub does not send a failed webhook again by
 * itself. Whether a later attempt succeeded is not looked up: of each that was taken the store knows the guid, which all
 * attempts share. A redelivery that fails makes a delivery no younger: it would be sent again for ever.
 */
export async function listFailedDeliveries(app: Octokit, since: Date): Promise<readonly FailedDelivery[]> {
  const refused = new Set<string>()
  const failed: FailedDelivery[] = []
  const pages = app.paginate.iterator(app.rest.apps.listWebhookDeliveries, { status: 'failure', per_page: 100 })
  for await (const { data } of pages) {
    for (const delivery of data) {
      if (refusedForGood.includes(delivery.status_code)) refused.add(delivery.guid)
      if (!delivery.redelivery) failed.push(failedDelivery(delivery))
    }
    const oldest = data.at(-1)
    if (oldest === undefined || new Date(oldest.delivered_at) < since) break
  }
  return failed.filter(({ guid, at }) => !refused.has(guid) && at >= since).toReversed()
}

function failedDelivery({ id, guid, event, delivered_at }: DeliveryAnswer): FailedDelivery {
  return { id, guid, event, at: new Date(delivered_at) }
}

export async function redeliver(app: Octokit, delivery: FailedDelivery): Promise<void> {
  await app.rest.apps.redeliverWebhookDelivery({ delivery_id: delivery.id })
}
