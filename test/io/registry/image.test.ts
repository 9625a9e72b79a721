import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import { manifestTypes } from '../../../src/core/image/manifest-type.ts'
import { Secret } from '../../../src/core/secret.ts'
import { type RegistryDeps, createRegistry } from '../../../src/io/registry/client.ts'
import { type ImageToPush, pushImage } from '../../../src/sandbox/registry/push-image.ts'
import { type SandboxRegistry, startRegistry } from '../../../src/sandbox/registry/registry.ts'
import { image, serve } from './test-server.ts'

const [index, manifest, dockerList, dockerManifest] = manifestTypes
const created = '2026-01-02T03:04:05Z'
const labels = {
  'org.opencontainers.image.source': 'https://github.com/acme/demo-service',
  'org.opencontainers.image.revision': 'abc',
  'org.example.more': 'x',
}
const read = { source: 'https://github.com/acme/demo-service', revision: 'abc', version: '1.2.1' }

async function sandbox(t: TestContext): Promise<SandboxRegistry> {
  const registry = await startRegistry()
  t.after(registry.close)
  return registry
}

function clientOf(url: string, more: Partial<RegistryDeps> = {}) {
  return createRegistry({ registries: [{ host: 'eu.gcr.io', url }], ...more })
}

type Row = {
  readonly name: string
  readonly pushed: Partial<ImageToPush>
  readonly mediaType: string
  readonly platforms: readonly string[]
  readonly requests: object
}

const rows: readonly Row[] = [
  {
    name: 'an image of one platform by two requests',
    pushed: {},
    mediaType: manifest,
    platforms: ['linux/amd64'],
    requests: { 'manifest-get': 1, 'blob-get': 1 },
  },
  {
    name: 'an image of Docker',
    pushed: { vocabulary: 'docker', platforms: ['linux/arm64/v8'] },
    mediaType: dockerManifest,
    platforms: ['linux/arm64'],
    requests: { 'manifest-get': 1, 'blob-get': 1 },
  },
  {
    name: 'an index by three requests',
    pushed: { platforms: ['linux/arm64', 'linux/amd64', 'linux/arm/v7'] },
    mediaType: index,
    platforms: ['linux/amd64', 'linux/arm/v7', 'linux/arm64'],
    requests: { 'manifest-get': 2, 'blob-get': 1 },
  },
  {
    name: 'a list of Docker',
    pushed: { vocabulary: 'docker', platforms: ['linux/amd64', 'linux/arm64'] },
    mediaType: dockerList,
    platforms: ['linux/amd64', 'linux/arm64'],
    requests: { 'manifest-get': 2, 'blob-get': 1 },
  },
  {
    name: 'an index with attestations, which are no platforms',
    pushed: { attested: true },
    mediaType: index,
    platforms: ['linux/amd64'],
    requests: { 'manifest-get': 2, 'blob-get': 1 },
  },
]

for (const { name, pushed, mediaType, platforms, requests } of rows) {
  test(`readImage reads ${name}, by tag and by digest`, async (t) => {
    const registry = await sandbox(t)
    const what = { repository: 'project/demo-service', tag: '1.2.1', created, labels, ...pushed }
    const { digest } = await pushImage(registry.url, what)
    const client = clientOf(registry.url)
    for (const reference of ['1.2.1', digest]) {
      registry.requests.reset()
      const reading = await client.readImage(image, reference)
      assert.deepEqual(reading, { kind: 'image', digest, mediaType, created, platforms, labels: read })
      assert.deepEqual(registry.requests.all(), requests)
    }
  })
}

test('readImage says absent of what the registry does not know, and asks for nothing that cannot be', async (t) => {
  const registry = await sandbox(t)
  const client = clientOf(registry.url)
  assert.deepEqual(await client.readImage(image, `sha256:${'0'.repeat(64)}`), { kind: 'absent' })
  registry.requests.reset()
  assert.deepEqual(await client.readImage(image, 'sha256:../../x'), { kind: 'absent' })
  assert.deepEqual(registry.requests.all(), {})
})

type Content = { readonly type: string; readonly body: Buffer }

/** A registry of just this content: what it is asked for is what comes after the last slash. */
function contents(entries: Readonly<Record<string, Content>>): RequestListener {
  return (request, response) => {
    const content = entries[request.url?.split('/').at(-1) ?? '']
    if (content === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': content.type }).end(content.body)
  }
}

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const digestOf = (body: Buffer): string => `sha256:${createHash('sha256').update(body).digest('hex')}`
const configType = 'application/vnd.oci.image.config.v1+json'

function imageOf(config: unknown) {
  const blob = bytes(config)
  const descriptor = { mediaType: configType, digest: digestOf(blob), size: blob.length }
  const body = bytes({ schemaVersion: 2, config: descriptor, layers: [] })
  return {
    digest: digestOf(body),
    contents: { [digestOf(blob)]: { type: '', body: blob }, [digestOf(body)]: { type: manifest, body } },
  }
}

test('readImage asks once for an index whose annotations say it all', async (t) => {
  const annotations = {
    'org.opencontainers.image.created': created,
    'org.opencontainers.image.revision': 'abc',
    'org.opencontainers.image.source': 'https://github.com/acme/demo-service',
  }
  const platform = { os: 'linux', architecture: 'amd64' }
  const body = bytes({ manifests: [{ digest: `sha256:${'a'.repeat(64)}`, platform }], annotations })
  const registry = await serve(t, contents({ a: { type: index, body } }))
  assert.deepEqual(await clientOf(registry.url).readImage(image, 'a'), {
    kind: 'image',
    digest: digestOf(body),
    mediaType: index,
    created,
    platforms: ['linux/amd64'],
    labels: { created, revision: 'abc', source: 'https://github.com/acme/demo-service' },
  })
  assert.equal(registry.seen.length, 1)
})

test('readImage looks into the images that an index gives no platform', async (t) => {
  const one = imageOf({ os: 'linux', architecture: 'amd64', created })
  const two = imageOf({ os: 'linux', architecture: 'arm64', created: '2026-01-02T00:00:00Z' })
  const body = bytes({ manifests: [{ digest: one.digest }, { digest: two.digest }] })
  const registry = await serve(t, contents({ ...one.contents, ...two.contents, a: { type: index, body } }))
  const reading = await clientOf(registry.url).readImage(image, 'a')
  assert.ok(reading.kind === 'image')
  assert.deepEqual([reading.platforms, reading.created], [['linux/amd64', 'linux/arm64'], created])
})

test('readImage knows an annotation better than a label, which may be that of a base image', async (t) => {
  const labelled = { 'org.opencontainers.image.version': '22.04', 'org.opencontainers.image.revision': 'abc' }
  const { contents: blobs, digest } = imageOf({ os: 'linux', architecture: 'amd64', config: { Labels: labelled } })
  const annotations = { 'org.opencontainers.image.version': '1.2.1' }
  const body = bytes({ manifests: [{ digest }], annotations })
  const registry = await serve(t, contents({ ...blobs, a: { type: index, body } }))
  const reading = await clientOf(registry.url).readImage(image, 'a')
  assert.ok(reading.kind === 'image')
  assert.deepEqual(reading.labels, { version: '1.2.1', revision: 'abc' })
  assert.equal(reading.created, undefined)
})

const good = imageOf({ os: 'linux', architecture: 'amd64' })
const nine = Array.from({ length: 10 }, (_, of) => ({ digest: `sha256:${`${of}`.repeat(64)}` }))
const huge = { mediaType: configType, digest: `sha256:${'c'.repeat(64)}`, size: 5 * 1024 * 1024 }

const hostile: readonly (readonly [
  name: string,
  served: Readonly<Record<string, Content>>,
  reference: string,
  says: RegExp,
])[] = [
  [
    'a manifest that is not what its digest says',
    { [good.digest]: { type: manifest, body: bytes({ config: {} }) } },
    good.digest,
    /manifest is not what its digest says/,
  ],
  [
    'a config that is not what its digest says',
    Object.fromEntries(
      Object.entries(good.contents).map(([key, content]) => [
        key,
        content.type === '' ? { ...content, body: bytes({}) } : content,
      ]),
    ),
    good.digest,
    /config is not what its digest says/,
  ],
  [
    'a page for people',
    { a: { type: 'text/html', body: Buffer.from('<html>') } },
    'a',
    /not a manifest by its content type/,
  ],
  ['broken JSON', { a: { type: manifest, body: Buffer.from('{"config":') } }, 'a', /expected a manifest/],
  [
    'an index that names what is not there',
    { a: { type: index, body: bytes({ manifests: nine.slice(0, 1) }) } },
    'a',
    /names `sha256:0+`, which it does not have/,
  ],
  [
    'an index that tells no platform of ten images',
    { a: { type: index, body: bytes({ manifests: nine }) } },
    'a',
    /10 images without a platform/,
  ],
  [
    'a config that says it is huge',
    { a: { type: manifest, body: bytes({ config: huge }) } },
    'a',
    /config has more than 4194304 bytes/,
  ],
  [
    'a manifest of ten megabytes',
    { a: { type: manifest, body: Buffer.alloc(10 * 1024 * 1024, ' ') } },
    'a',
    /more than 4194304 bytes/,
  ],
]

for (const [name, served, reference, says] of hostile) {
  test(`readImage refuses ${name}`, async (t) => {
    const registry = await serve(t, contents(served))
    const reading = await clientOf(registry.url).readImage(image, reference)
    assert.ok(reading.kind === 'refused', JSON.stringify(reading))
    assert.match(reading.because, says)
  })
}

/** Its blobs are elsewhere, as those of most registries are. */
async function redirecting(t: TestContext, to: string) {
  return await serve(t, (request, response) => {
    const login = request.headers.authorization
    if (login === undefined) response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    else if (request.url?.includes('/blobs/') === true) {
      const digest = request.url.split('/').at(-1)
      response.writeHead(307, { location: `${to}/${digest}` }).end()
    } else contents(good.contents)(request, response)
  })
}

const withLogin = { username: 'bot', password: new Secret('a password') }

test('readImage follows to storage inside that the operator named, without credentials', async (t) => {
  const storage = await serve(t, contents(good.contents))
  const registry = await redirecting(t, storage.url)
  const registries = [
    { host: 'eu.gcr.io', url: registry.url, ...withLogin },
    { host: 'minio.example.org', url: storage.url },
  ]
  const reading = await createRegistry({ registries }).readImage(image, good.digest)
  assert.ok(reading.kind === 'image', JSON.stringify(reading))
  assert.deepEqual(storage.authorizations, ['none'])
})

test('readImage follows to a public address, without credentials', async (t) => {
  const registry = await redirecting(t, 'https://storage.example.org/bucket')
  const asked: (readonly [url: string, authorization: unknown])[] = []
  const throughStorage: typeof fetch = async (url, init) => {
    const { href } = new URL(url instanceof Request ? url.url : url)
    if (href.startsWith(registry.url)) return await fetch(url, init)
    asked.push([href.replace(/sha256.*/, ''), new Headers(init?.headers).get('authorization')])
    return new Response(
      Object.entries(good.contents)
        .find(([digest]) => href.endsWith(digest))?.[1]
        .body.toString(),
    )
  }
  const client = createRegistry({
    registries: [{ host: 'eu.gcr.io', url: registry.url, ...withLogin }],
    fetch: throughStorage,
    lookup: () => Promise.resolve(['8.8.8.8']),
  })
  assert.equal((await client.readImage(image, good.digest)).kind, 'image')
  assert.deepEqual(asked, [['https://storage.example.org/bucket/', null]])
})

const targets: readonly (readonly [name: string, to: string, addresses: readonly string[], says: RegExp])[] = [
  ['the address of cloud metadata', 'http://169.254.169.254', [], /not https/],
  ['its IPv6 address', 'https://[fd00:ec2::254]', [], /not a public one/],
  ['its mapped address', 'https://[::ffff:169.254.169.254]', [], /not a public one/],
  ['a name for it', 'https://metadata.example.org', ['169.254.169.254'], /not a public one; an operator can add it/],
  ['this machine', 'https://localhost', ['127.0.0.1', '::1'], /not a public one/],
  ['a file', 'file:///etc', [], /redirects to `file:`, which is not allowed: it is not https/],
]

for (const [name, to, addresses, says] of targets) {
  test(`readImage follows no redirect to ${name}`, async (t) => {
    const registry = await redirecting(t, to)
    const registries = [{ host: 'eu.gcr.io', url: registry.url, ...withLogin }]
    const client = createRegistry({ registries, lookup: () => Promise.resolve(addresses) })
    const reading = await client.readImage(image, good.digest)
    assert.ok(reading.kind === 'refused')
    assert.match(reading.because, says)
  })
}
