import { isRecord } from './registry-notification-formats.ts'

/**
 * What Event Grid wants to hear back before it sends anything to a new address, alone in its list; undefined for every
 * other payload. The address beside it, where one may confirm instead, is deliberately not read: a payload has us ask for
 * nothing. https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
 */
export function validationCode(body: unknown): string | undefined {
  const [event, ...others] = Array.isArray(body) ? body : []
  if (!isRecord(event) || others.length > 0) return undefined
  const { eventType, data } = event
  const code = isRecord(data) ? data['validationCode'] : undefined
  return eventType === 'Microsoft.EventGrid.SubscriptionValidationEvent' && typeof code === 'string' ? code : undefined
}
