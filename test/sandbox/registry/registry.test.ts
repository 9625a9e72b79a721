import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { type TestContext, test } from 'node:test'
import { parseNotification } from '../../../src/core/image/registry-notification.ts'
import { pushImage } from '../../../src/sandbox/registry/push-image.ts'
import {
  type SandboxRegistry,
  type SandboxRegistryOptions,
  startRegistry,
} from '../../../src/sandbox/registry/registry.ts'
import { type SubscriberServer, startSubscriber } from './subscriber.ts'

// What the sandbox has beyond the protocol; the protocol itself is in conformance.test.ts.

const repository = 'project/demo-service'
const login = { username: 'bot', password: 'a password' }

async function started(t: TestContext, options: SandboxRegistryOptions = {}): Promise<SandboxRegistry> {
  const registry = await startRegistry(options)
  t.after(registry.close)
  return registry
}

async function subscribed(t: TestContext, options: SandboxRegistryOptions = {}) {
  const subscriber = await startSubscriber()
  t.after(subscriber.close)
  const registry = await started(t, { ...options, notifications: { url: subscriber.url } })
  return { registry, subscriber }
}

function tagsToldTo({ received }: SubscriberServer): readonly string[] {
  return received.flatMap(({ body }) => {
    const notification = parseNotification(body, 'example.org')
    assert.ok(notification.ok)
    return notification.value.map(({ tag }) => tag)
  })
}

test('a notification is told again until it is taken', async (t) => {
  const { registry, subscriber } = await subscribed(t, { retryDelaysMs: [1, 1, 1] })
  subscriber.answerWith(500, 503)
  await pushImage(registry.url, { repository, tag: '1.2.1' })
  await registry.settled()
  assert.deepEqual(tagsToldTo(subscriber), ['1.2.1'])
  assert.equal(registry.notificationsGivenUp(), 0)
})

test('a notification that nobody takes is given up, and the next one is told', async (t) => {
  const { registry, subscriber } = await subscribed(t, { retryDelaysMs: [1, 1] })
  // Each push tells of its layer, its config and its tag; the layer is the same in both.
  subscriber.answerWith(...Array<number>(9).fill(500))
  await pushImage(registry.url, { repository, tag: 'lost' })
  await pushImage(registry.url, { repository, tag: 'told' })
  await registry.settled()
  assert.equal(registry.notificationsGivenUp(), 3)
  assert.deepEqual(tagsToldTo(subscriber), ['told'])
})

test('loseNotifications loses the tags that are pushed next', async (t) => {
  const { registry, subscriber } = await subscribed(t)
  registry.loseNotifications(1)
  for (const tag of ['1.2.1', '1.2.2']) await pushImage(registry.url, { repository, tag })
  await registry.settled()
  assert.deepEqual(tagsToldTo(subscriber), ['1.2.2'])
})

test('duplicateNotifications tells of the tags that are pushed next twice', async (t) => {
  const { registry, subscriber } = await subscribed(t)
  registry.duplicateNotifications(1)
  for (const tag of ['1.2.1', '1.2.2']) await pushImage(registry.url, { repository, tag })
  await registry.settled()
  assert.deepEqual(tagsToldTo(subscriber), ['1.2.1', '1.2.1', '1.2.2'])
})

test('setNotifications chooses who is told from then on', async (t) => {
  const subscriber = await startSubscriber()
  t.after(subscriber.close)
  const registry = await started(t)
  await pushImage(registry.url, { repository, tag: '1.2.0' })
  registry.setNotifications({ url: subscriber.url, headers: { authorization: 'Bearer x' } })
  await pushImage(registry.url, { repository, tag: '1.2.1' })
  registry.setNotifications(undefined)
  await pushImage(registry.url, { repository, tag: '1.2.2' })
  await registry.settled()
  assert.deepEqual(tagsToldTo(subscriber), ['1.2.1'])
  assert.equal(subscriber.received[0]?.authorization, 'Bearer x')
})

test('settled ends at once where nothing is under way', async (t) => {
  await (await started(t)).settled()
})

test('close ends what is under way', async () => {
  const subscriber = await startSubscriber()
  await subscriber.close()
  const registry = await startRegistry({ notifications: { url: subscriber.url }, retryDelaysMs: [1_000_000] })
  await pushImage(registry.url, { repository, tag: '1.2.1' })
  await registry.close()
  await registry.settled()
  await assert.rejects(fetch(registry.url))
})

test('requests are counted by kind', async (t) => {
  const registry = await started(t)
  await pushImage(registry.url, { repository, tag: '1.2.1' })
  assert.deepEqual(registry.requests.all(), { 'blob-head': 2, upload: 4, 'manifest-put': 1 })
  registry.requests.reset()
  await fetch(`${registry.url}/v2/${repository}/tags/list`)
  await fetch(`${registry.url}/favicon.ico`)
  assert.deepEqual(registry.requests.all(), { tags: 1, unknown: 1 })
  assert.equal(registry.requests.of('tags'), 1)
  assert.equal(registry.requests.of('ping'), 0)
})

const challenged: readonly {
  name: string
  challenges: readonly ('basic' | 'bearer')[]
  asks: (url: string) => string
}[] = [
  { name: 'basic', challenges: ['basic'], asks: () => 'Basic realm="sandbox"' },
  {
    name: 'bearer and basic in one header',
    challenges: ['bearer', 'basic'],
    asks: (url) =>
      `Bearer realm="${url}/token",service="sandbox",scope="repository:${repository}:pull", Basic realm="sandbox"`,
  },
]

for (const { name, challenges, asks } of challenged) {
  test(`a registry with auth asks for ${name}`, async (t) => {
    const registry = await started(t, { auth: { ...login, challenges } })
    const response = await fetch(`${registry.url}/v2/${repository}/tags/list`)
    assert.equal(response.status, 401)
    assert.equal(response.headers.get('www-authenticate'), asks(registry.url))
    assert.match(await response.text(), /"code":"UNAUTHORIZED"/)
  })
}

test('a token is good for its own repository and actions only', async (t) => {
  const registry = await started(t, { auth: { ...login, challenges: ['bearer'] } })
  await pushImage(registry.url, { repository, tag: '1.2.1', auth: login })
  const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`
  const granted = await fetch(`${registry.url}/token?service=sandbox&scope=repository:${repository}:pull`, {
    headers: { authorization: basic },
  })
  const { token }: { readonly token: string } = JSON.parse(await granted.text())
  const ask = async (method: string, path: string): Promise<number> =>
    (await fetch(`${registry.url}${path}`, { method, headers: { authorization: `Bearer ${token}` } })).status
  assert.equal(await ask('GET', `/v2/${repository}/tags/list`), 200)
  assert.equal(await ask('GET', '/v2/project/other/tags/list'), 401)
  assert.equal(await ask('DELETE', `/v2/${repository}/manifests/1.2.1`), 401)
  assert.equal((await fetch(`${registry.url}/token?scope=repository:${repository}:pull`)).status, 401)
})

test('pushImage says what was wrong', async (t) => {
  const registry = await started(t, { auth: login })
  await assert.rejects(pushImage(registry.url, { repository, tag: '1.2.1' }), /expected 202 of .*, got 401/)
  await assert.rejects(pushImage(registry.url, { repository, tag: 'a b', auth: login }), /got 400/)
})

test('pushImage gives the same image the same digest, and another tag another', async (t) => {
  const registry = await started(t)
  const first = await pushImage(registry.url, { repository, tag: '1.2.1' })
  assert.deepEqual(await pushImage(registry.url, { repository, tag: '1.2.1' }), first)
  assert.notDeepEqual(await pushImage(registry.url, { repository, tag: '1.2.2' }), first)
})

test('pushImage writes created, labels and platform into the config', async (t) => {
  const registry = await started(t)
  const created = '2026-11-22T18:00:00Z'
  const { digest } = await pushImage(registry.url, {
    repository,
    tag: '1.2.1',
    created,
    labels: { 'org.opencontainers.image.revision': 'abc' },
    platforms: ['linux/arm64/v8'],
  })
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
  const manifest = await fetch(`${registry.url}/v2/${repository}/manifests/${digest}`, { headers })
  const { config }: { readonly config: { readonly digest: string } } = JSON.parse(await manifest.text())
  const blob = await fetch(`${registry.url}/v2/${repository}/blobs/${config.digest}`)
  const { rootfs: _, history: __, ...written } = JSON.parse(await blob.text())
  assert.deepEqual(written, {
    created,
    os: 'linux',
    architecture: 'arm64',
    variant: 'v8',
    config: { Labels: { 'org.opencontainers.image.version': '1.2.1', 'org.opencontainers.image.revision': 'abc' } },
  })
})

const giants: readonly { name: string; method: string; path: (upload: string) => string; type: string }[] = [
  {
    name: 'blob',
    method: 'PUT',
    path: (upload) => `${upload}&digest=sha256:${'0'.repeat(64)}`,
    type: 'application/octet-stream',
  },
  { name: 'chunk', method: 'PATCH', path: (upload) => upload, type: 'application/octet-stream' },
  {
    name: 'manifest',
    method: 'PUT',
    path: () => `/v2/${repository}/manifests/1.2.1`,
    type: 'application/vnd.oci.image.manifest.v1+json',
  },
]

for (const { name, method, path, type } of giants) {
  for (const [how, headers] of [
    ['announced', { 'content-length': '1000000000000' }],
    ['unannounced', { 'transfer-encoding': 'chunked' }],
  ] as const) {
    test(`a giant ${name} is refused, ${how}`, async (t) => {
      const registry = await started(t, { caps: { blobBytes: 1000, manifestBytes: 1000 } })
      const begun = await fetch(`${registry.url}/v2/${repository}/blobs/uploads/`, { method: 'POST' })
      const upload = begun.headers.get('location') ?? ''
      const status = await sendGiant(`${registry.url}${path(upload)}`, {
        method,
        headers: { ...headers, 'content-type': type },
      })
      assert.equal(status, 413)
    })
  }
}

/** Sends the beginning of a body that never ends, and waits for the answer that has to come all the same. */
async function sendGiant(
  url: string,
  { method, headers }: { readonly method: string; readonly headers: Record<string, string> },
): Promise<number> {
  return await new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      resolve(response.statusCode ?? 0)
      request.destroy()
    })
    request.on('error', reject)
    request.write(Buffer.alloc(2000))
  })
}

test('a name of more than 255 characters is none', async (t) => {
  const registry = await started(t)
  const response = await fetch(`${registry.url}/v2/${'a/'.repeat(200)}a/tags/list`)
  assert.equal(response.status, 400)
  assert.match(await response.text(), /NAME_INVALID/)
})

test('pages are as small as the registry likes', async (t) => {
  const registry = await started(t, { pageSize: 1 })
  for (const tag of ['a', 'b']) await pushImage(registry.url, { repository, tag })
  const response = await fetch(`${registry.url}/v2/${repository}/tags/list`)
  assert.deepEqual(await response.json(), { name: repository, tags: ['a'] })
  assert.equal(response.headers.get('link'), `</v2/${repository}/tags/list?last=a&n=1>; rel="next"`)
})
