import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseNotification } from '../../../src/core/image/registry-notification.ts'

const manifest = 'application/vnd.oci.image.manifest.v1+json'

type Target = Readonly<Record<string, unknown>>

function event(target: Target = {}, action: unknown = 'push'): unknown {
  return {
    id: '320678d8-ca14-430f-8bb6-4ca139cd83f7',
    timestamp: '2026-03-09T14:44:26.402973972Z',
    action,
    target: {
      mediaType: manifest,
      digest: `sha256:${'0'.repeat(64)}`,
      size: 708,
      length: 708,
      repository: 'project/demo-service',
      url: 'http://127.0.0.1:5000/v2/project/demo-service/manifests/sha256:0',
      tag: '1.2.1',
      ...target,
    },
    request: { id: '6df24a34', addr: '127.0.0.1:41961', host: '127.0.0.1:5000', method: 'PUT', useragent: 'docker' },
    actor: {},
    source: { addr: 'registry:5000', instanceID: 'a53db899' },
  }
}

const tagOf = (tag: string, image = 'eu.gcr.io/project/demo-service') => ({ image, tag })

const readings: readonly { name: string; events: readonly unknown[]; tags: readonly unknown[] }[] = [
  { name: 'a pushed tag', events: [event()], tags: [tagOf('1.2.1')] },
  { name: 'all tags of a payload', events: [event(), event({ tag: 'b' })], tags: [tagOf('1.2.1'), tagOf('b')] },
  { name: 'a repeated tag once', events: [event(), event()], tags: [tagOf('1.2.1')] },
  {
    name: 'a tag of each manifest type',
    events: [
      event({ tag: 'a', mediaType: 'application/vnd.oci.image.index.v1+json' }),
      event({ tag: 'b', mediaType: 'application/vnd.docker.distribution.manifest.v2+json' }),
      event({ tag: 'c', mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json' }),
    ],
    tags: [tagOf('a'), tagOf('b'), tagOf('c')],
  },
  { name: 'no layer', events: [event({ mediaType: 'application/octet-stream', tag: undefined })], tags: [] },
  { name: 'no manifest without a tag', events: [event({ tag: undefined }), event({ tag: '' })], tags: [] },
  { name: 'no pull', events: [event({}, 'pull')], tags: [] },
  { name: 'no delete', events: [event({}, 'delete')], tags: [] },
  { name: 'no action that is not text', events: [event({}, 7)], tags: [] },
  { name: 'an empty payload', events: [], tags: [] },
  {
    name: 'what can be read, beside what cannot',
    events: [7, event({ tag: 'a b' }), event(), event({ repository: '../etc' }), event({ tag: 'b' })],
    tags: [tagOf('1.2.1'), tagOf('b')],
  },
]

for (const { name, events, tags } of readings) {
  test(`parseNotification reads ${name}`, () => {
    assert.deepEqual(parseNotification({ events }, 'eu.gcr.io'), { ok: true, value: tags })
  })
}

test('parseNotification knows the registry by the name of the settings, not of the payload', () => {
  assert.deepEqual(parseNotification({ events: [event({ repository: 'nginx' })] }, 'docker.io'), {
    ok: true,
    value: [tagOf('1.2.1', 'docker.io/library/nginx')],
  })
})

const refusals: readonly { name: string; body: unknown; says: RegExp }[] = [
  { name: 'no object', body: 'push', says: /list `events`/ },
  { name: 'null', body: null, says: /list `events`/ },
  { name: 'no list of events', body: { events: {} }, says: /list `events`/ },
  { name: 'an event that is none', body: { events: [event({}, 'pull'), 7] }, says: /event 2: expected an event/ },
  {
    name: 'a tag that is none',
    body: { events: [event({ tag: 'a b' })] },
    says: /event 1: expected a tag, got `a b`/,
  },
  {
    name: 'a tag that is no text',
    body: { events: [event({ tag: 7 })] },
    says: /event 1: expected a tag, got `number`/,
  },
  { name: 'no repository', body: { events: [event({ repository: undefined })] }, says: /expected a repository/ },
  {
    name: 'a path out of the registry',
    body: { events: [event({ repository: '../etc' })] },
    says: /expected an image/,
  },
  { name: 'a repository with a tag', body: { events: [event({ repository: 'a:b' })] }, says: /without tag/ },
]

for (const { name, body, says } of refusals) {
  test(`parseNotification refuses ${name}`, () => {
    const notification = parseNotification(body, 'eu.gcr.io')
    assert.ok(!notification.ok)
    assert.match(notification.problems[0].message, says)
  })
}

test('parseNotification reports all problems at once', () => {
  const notification = parseNotification(
    { events: [event({ tag: 7 }), event({}, 'pull'), event({ tag: ' ' })] },
    'eu.gcr.io',
  )
  assert.ok(!notification.ok)
  assert.deepEqual(
    notification.problems.map(({ message }) => message.slice(0, 7)),
    ['event 1', 'event 3'],
  )
})

test('parseNotification reports the problems of as many events as can be sent', () => {
  const notification = parseNotification({ events: Array(500_000).fill(7) }, 'eu.gcr.io')
  assert.ok(!notification.ok)
  assert.equal(notification.problems.length, 500_000)
})

test('parseNotification answers whatever it is given', () => {
  const target = fc.record({ mediaType: fc.constantFrom(manifest, 'x'), tag: fc.anything(), repository: fc.anything() })
  const events = fc.array(fc.oneof(fc.anything(), fc.record({ action: fc.constant('push'), target })))
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.record({ events })), fc.string(), (body, host) => {
      assert.equal(typeof parseNotification(body, host).ok, 'boolean')
    }),
  )
})
