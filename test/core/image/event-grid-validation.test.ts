import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { validationCode } from '../../../src/core/image/event-grid-validation.ts'

const event = (more: object = {}) => ({
  id: '2d1781af-3a4c-4d7c-bd0c-e34b19da4e66',
  topic: '/subscriptions/s',
  subject: '',
  eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
  data: { validationCode: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6', validationUrl: 'https://169.254.169.254/validate' },
  ...more,
})

const rows: readonly (readonly [name: string, body: unknown, code: string | undefined])[] = [
  ['the code of Event Grid', [event()], '512d38b6-c7b8-40c8-89fe-f46f9e9622b6'],
  ['none of another event', [event({ eventType: 'Microsoft.ContainerRegistry.ImagePushed' })], undefined],
  ['none that is no text', [event({ data: { validationCode: 7 } })], undefined],
  ['none without data', [event({ data: null })], undefined],
  ['none of an event outside of a list', event(), undefined],
  ['none among other events', [event(), event()], undefined],
  ['none of an empty list', [], undefined],
]

for (const [name, body, code] of rows) {
  test(`validationCode finds ${name}`, () => assert.equal(validationCode(body), code))
}

test('validationCode answers whatever it is given', () => {
  fc.assert(fc.property(fc.anything(), (body) => assert.equal(validationCode([body]), undefined)))
})
