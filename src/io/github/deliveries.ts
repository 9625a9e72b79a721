import type { Octokit } from '@octokit/rest'

export type FailedDelivery = { readonly id: number; readonly guid: string; readonly event: string; readonly at: Date }

type DeliveryAnswer = {
  readonly id: number
  readonly guid: string
  readonly event: string
  readonly delivered_at: string
}

/**
 * Deliveries first tried since a moment that never succeeded, oldest first. GitHub does not send a failed webhook again
 * by itself; a redelivery keeps its guid, so "failed" means that no attempt with the same guid was answered with 2xx. A
 * redelivery that fails makes a delivery no younger: it would be sent again for ever.
 */
export async function listFailedDeliveries(app: Octokit, since: Date): Promise<readonly FailedDelivery[]> {
  const succeeded = new Set<string>()
  const failed = new Map<string, FailedDelivery>()
  for await (const { data } of app.paginate.iterator(app.rest.apps.listWebhookDeliveries, { per_page: 100 })) {
    for (const delivery of data) {
      if (delivery.status_code >= 200 && delivery.status_code < 300) succeeded.add(delivery.guid)
      else if (!delivery.redelivery) failed.set(delivery.guid, failedDelivery(delivery))
    }
    const oldest = data.at(-1)
    if (oldest === undefined || new Date(oldest.delivered_at) < since) break
  }
  return [...failed.values()].filter(({ guid, at }) => !succeeded.has(guid) && at >= since).toReversed()
}

function failedDelivery({ id, guid, event, delivered_at }: DeliveryAnswer): FailedDelivery {
  return { id, guid, event, at: new Date(delivered_at) }
}

export async function redeliver(app: Octokit, delivery: FailedDelivery): Promise<void> {
  await app.rest.apps.redeliverWebhookDelivery({ delivery_id: delivery.id })
}
