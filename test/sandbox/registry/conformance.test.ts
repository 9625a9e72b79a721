import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { manifestTypes } from '../../../src/core/image/manifest-type.ts'
import { parseImageName } from '../../../src/core/image/ref.ts'
import { notificationTypes, parseNotification } from '../../../src/core/image/registry-notification.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { createRegistry } from '../../../src/io/registry/client.ts'
import { pushImage } from '../../../src/sandbox/registry/push-image.ts'
import { type RunningServer, type Server, servers, token } from './servers.ts'
import { type SubscriberServer, startSubscriber } from './subscriber.ts'

// What the sandbox promises about registries is what real ones do: each row runs against all of them.

const [index, manifest, , dockerManifest] = manifestTypes
const accept = manifestTypes.join(', ')

type Subject = {
  readonly url: string
  readonly subscriber: SubscriberServer
  /** A repository of this row alone. */
  readonly repository: string
}

type Row = {
  readonly name: string
  readonly run: (subject: Subject) => Promise<void>
  /** A server that does it in another way: the reason, and what it does. */
  readonly otherwise?: Partial<Record<Server['name'], { readonly because: string; readonly run: Row['run'] }>>
}

const rows: readonly Row[] = [
  {
    name: 'answers /v2/',
    run: async ({ url }) => {
      const response = await fetch(`${url}/v2/`)
      assert.equal(response.status, 200)
      assert.equal(response.headers.get('docker-distribution-api-version'), 'registry/2.0')
      assert.deepEqual(await response.json(), {})
    },
  },
  {
    name: 'takes a blob in one piece',
    run: async (subject) => {
      const bytes = Buffer.from('a blob in one piece')
      const finished = await put(await startUpload(subject), bytes, { digest: digestOf(bytes) })
      assert.equal(finished.status, 201)
      assert.equal(finished.headers.get('docker-content-digest'), digestOf(bytes))
      await assertBlob(subject, bytes)
    },
  },
  {
    name: 'takes a blob in chunks',
    run: async (subject) => {
      const bytes = Buffer.from('a blob in chunks')
      const first = await patch(await startUpload(subject), bytes.subarray(0, 7), '0-6')
      assert.equal(first.status, 202)
      assert.equal(first.headers.get('range'), '0-6')
      const second = await patch(locationOf(first), bytes.subarray(7), `7-${bytes.length - 1}`)
      assert.equal(second.status, 202)
      const finished = await put(locationOf(second), Buffer.alloc(0), { digest: digestOf(bytes) })
      assert.equal(finished.status, 201)
      await assertBlob(subject, bytes)
    },
  },
  {
    name: 'says how far an upload is',
    run: async (subject) => {
      const chunk = await patch(await startUpload(subject), Buffer.from('12345'), '0-4')
      const status = await fetch(locationOf(chunk))
      assert.equal(status.status, 204)
      assert.equal(status.headers.get('range'), '0-4')
    },
  },
  {
    name: 'refuses a chunk at the wrong place',
    run: async (subject) => {
      const chunk = await patch(await startUpload(subject), Buffer.from('12345'), '0-4')
      assert.equal((await patch(locationOf(chunk), Buffer.from('12345'), '7-11')).status, 416)
    },
    otherwise: {
      debian: {
        because: '2.8 does not look at Content-Range',
        run: async (subject) => {
          const chunk = await patch(await startUpload(subject), Buffer.from('12345'), '0-4')
          assert.equal((await patch(locationOf(chunk), Buffer.from('12345'), '7-11')).status, 202)
        },
      },
    },
  },
  {
    name: 'forgets a cancelled upload',
    run: async (subject) => {
      const location = await startUpload(subject)
      assert.equal((await fetch(location, { method: 'DELETE' })).status, 204)
      await assertError(await put(location, Buffer.from('x'), { digest: digestOf('x') }), 404, 'BLOB_UPLOAD_UNKNOWN')
    },
  },
  {
    name: 'refuses a blob that is not what its digest says, and keeps nothing of it',
    run: async (subject) => {
      const digest = digestOf('something else')
      await assertError(await put(await startUpload(subject), Buffer.from('x'), { digest }), 400, 'DIGEST_INVALID')
      assert.equal((await fetch(`${base(subject)}/blobs/${digest}`, { method: 'HEAD' })).status, 404)
    },
  },
  {
    name: 'refuses a blob without a digest',
    run: async (subject) => {
      await assertError(await put(await startUpload(subject), Buffer.from('x'), { digest: 'x' }), 400, 'DIGEST_INVALID')
    },
  },
  {
    name: 'does not know a blob that nobody pushed',
    run: async (subject) => {
      await assertError(await fetch(`${base(subject)}/blobs/${digestOf('nobody')}`), 404, 'BLOB_UNKNOWN')
    },
  },
  {
    name: 'mounts a blob of another repository',
    run: async (subject) => {
      const bytes = Buffer.from('a blob to mount')
      await put(await startUpload(subject), bytes, { digest: digestOf(bytes) })
      const other = { ...subject, repository: `${subject.repository}-other` }
      const query = new URLSearchParams({ mount: digestOf(bytes), from: subject.repository })
      const mounted = await fetch(`${base(other)}/blobs/uploads/?${query.toString()}`, { method: 'POST' })
      assert.equal(mounted.status, 201)
      await assertBlob(other, bytes)
    },
  },
  {
    name: 'gives a manifest by tag and by digest, byte by byte',
    run: async (subject) => {
      const { digest } = await pushImage(subject.url, { repository: subject.repository, tag: '1.0.0' })
      for (const reference of ['1.0.0', digest]) {
        const got = await fetch(`${base(subject)}/manifests/${reference}`, { headers: { accept } })
        assert.equal(got.status, 200)
        assert.equal(got.headers.get('content-type'), manifest)
        assert.equal(got.headers.get('docker-content-digest'), digest)
        assert.equal(got.headers.get('etag'), `"${digest}"`)
        assert.equal(digestOf(Buffer.from(await got.arrayBuffer())), digest)
      }
    },
  },
  {
    name: 'answers HEAD like GET, without the body',
    run: async (subject) => {
      const { digest } = await pushImage(subject.url, { repository: subject.repository, tag: '1.0.0' })
      const got = await fetch(`${base(subject)}/manifests/1.0.0`, { method: 'HEAD', headers: { accept } })
      assert.equal(got.status, 200)
      assert.equal(got.headers.get('content-type'), manifest)
      assert.equal(got.headers.get('docker-content-digest'), digest)
      assert.ok(Number(got.headers.get('content-length')) > 0)
      assert.equal(await got.text(), '')
    },
  },
  {
    name: 'answers 304 to those who know the manifest',
    run: async (subject) => {
      const { digest } = await pushImage(subject.url, { repository: subject.repository, tag: '1.0.0' })
      const headers = { accept, 'if-none-match': `"${digest}"` }
      for (const method of ['HEAD', 'GET'])
        assert.equal((await fetch(`${base(subject)}/manifests/1.0.0`, { method, headers })).status, 304)
    },
  },
  {
    name: 'does not know an OCI manifest for those who do not accept its type',
    run: async (subject) => {
      await pushImage(subject.url, { repository: subject.repository, tag: '1.0.0' })
      const headers = { accept: `${index}, ${dockerManifest}, */*` }
      await assertError(await fetch(`${base(subject)}/manifests/1.0.0`, { headers }), 404, 'MANIFEST_UNKNOWN')
    },
  },
  {
    name: 'keeps an index of several platforms',
    run: async (subject) => {
      const platforms = ['linux/amd64', 'linux/arm64/v8']
      const { digest } = await pushImage(subject.url, { repository: subject.repository, tag: '2.0.0', platforms })
      const got = await fetch(`${base(subject)}/manifests/2.0.0`, { headers: { accept } })
      assert.equal(got.headers.get('content-type'), index)
      assert.equal(got.headers.get('docker-content-digest'), digest)
    },
  },
  {
    name: 'keeps the manifest types of Docker',
    run: async (subject) => {
      const bytes = await pushedManifest(subject, dockerManifest)
      const put = await putManifest(subject, '1.0.0', { bytes, type: dockerManifest })
      assert.equal(put.status, 201)
      const got = await fetch(`${base(subject)}/manifests/1.0.0`, { method: 'HEAD', headers: { accept } })
      assert.equal(got.headers.get('content-type'), dockerManifest)
    },
  },
  {
    name: 'moves a tag',
    run: async (subject) => {
      await pushImage(subject.url, { repository: subject.repository, tag: 'main', labels: { build: '1' } })
      const { digest } = await pushImage(subject.url, {
        repository: subject.repository,
        tag: 'main',
        labels: { build: '2' },
      })
      const got = await fetch(`${base(subject)}/manifests/main`, { method: 'HEAD', headers: { accept } })
      assert.equal(got.headers.get('docker-content-digest'), digest)
    },
  },
  {
    name: 'does not know a tag that nobody pushed',
    run: async (subject) => {
      await pushImage(subject.url, { repository: subject.repository, tag: '1.0.0' })
      await assertError(
        await fetch(`${base(subject)}/manifests/9.9.9`, { headers: { accept } }),
        404,
        'MANIFEST_UNKNOWN',
      )
    },
  },
  {
    name: 'refuses a manifest whose blobs it does not have',
    run: async (subject) => {
      const bytes = manifestOf(manifest, digestOf('no such config'), 14)
      await assertError(await putManifest(subject, '1.0.0', { bytes, type: manifest }), 400, 'MANIFEST_BLOB_UNKNOWN')
    },
  },
  {
    name: 'refuses a manifest that is not JSON',
    run: async (subject) => {
      const put = await putManifest(subject, '1.0.0', { bytes: Buffer.from('{'), type: manifest })
      await assertError(put, 400, 'MANIFEST_INVALID')
    },
  },
  {
    name: 'refuses a manifest that says another type than its header',
    run: async (subject) => {
      const bytes = await pushedManifest(subject, dockerManifest)
      await assertError(await putManifest(subject, '1.0.0', { bytes, type: manifest }), 400, 'MANIFEST_INVALID')
    },
  },
  {
    name: 'refuses a manifest under the digest of another',
    run: async (subject) => {
      const bytes = await pushedManifest(subject, manifest)
      const put = await putManifest(subject, digestOf('another'), { bytes, type: manifest })
      await assertError(put, 400, 'DIGEST_INVALID')
    },
  },
  {
    name: 'refuses a manifest of five megabytes',
    run: async (subject) => {
      const bytes = Buffer.alloc(5 * 1024 * 1024, ' ')
      const { status } = await putManifest(subject, '1.0.0', { bytes, type: manifest })
      assert.ok([400, 413].includes(status), `got ${status}`)
    },
  },
  {
    name: 'lists tags in lexical order',
    run: async (subject) => {
      for (const tag of ['b', '1.10.0', 'a', '1.9.0', 'B'])
        await pushImage(subject.url, { repository: subject.repository, tag })
      const response = await fetch(`${base(subject)}/tags/list`)
      assert.equal(response.headers.get('link'), null)
      assert.deepEqual(await response.json(), { name: subject.repository, tags: ['1.10.0', '1.9.0', 'B', 'a', 'b'] })
    },
    otherwise: {
      debian: {
        because: '2.8 lists them as the file system does',
        run: async (subject) => {
          for (const tag of ['b', 'a']) await pushImage(subject.url, { repository: subject.repository, tag })
          assert.deepEqual((await tagsOf(`${base(subject)}/tags/list`)).toSorted(), ['a', 'b'])
        },
      },
    },
  },
  {
    name: 'cuts a list of tags into pages, linked',
    run: async (subject) => {
      for (const tag of ['a', 'b', 'c']) await pushImage(subject.url, { repository: subject.repository, tag })
      const first = await fetch(`${base(subject)}/tags/list?n=2`)
      assert.deepEqual(await first.json(), { name: subject.repository, tags: ['a', 'b'] })
      const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? ''
      assert.equal(new URL(next, subject.url).searchParams.get('last'), 'b')
      const second = await fetch(new URL(next, subject.url))
      assert.deepEqual(await second.json(), { name: subject.repository, tags: ['c'] })
      assert.equal(second.headers.get('link'), null)
    },
    otherwise: {
      debian: {
        because: '2.8 has no pages: it ignores `n`',
        run: async (subject) => {
          for (const tag of ['a', 'b', 'c']) await pushImage(subject.url, { repository: subject.repository, tag })
          const response = await fetch(`${base(subject)}/tags/list?n=2`)
          assert.equal(response.headers.get('link'), null)
          assert.deepEqual((await tagsOf(response)).toSorted(), ['a', 'b', 'c'])
        },
      },
    },
  },
  {
    name: 'refuses a page of a size that is no number',
    run: async (subject) => {
      await pushImage(subject.url, { repository: subject.repository, tag: 'a' })
      await assertError(await fetch(`${base(subject)}/tags/list?n=many`), 400, 'PAGINATION_NUMBER_INVALID')
    },
    otherwise: {
      debian: {
        because: '2.8 has no pages: it ignores `n`',
        run: async (subject) => {
          await pushImage(subject.url, { repository: subject.repository, tag: 'a' })
          assert.deepEqual(await tagsOf(`${base(subject)}/tags/list?n=many`), ['a'])
        },
      },
    },
  },
  {
    name: 'does not know a repository that nobody pushed to',
    run: async (subject) => {
      await assertError(await fetch(`${base(subject)}/tags/list`), 404, 'NAME_UNKNOWN')
    },
  },
  {
    name: 'has no HEAD of a list of tags',
    run: async (subject) => {
      assert.equal((await fetch(`${base(subject)}/tags/list`, { method: 'HEAD' })).status, 405)
    },
  },
  {
    name: 'lists repositories',
    run: async (subject) => {
      await pushImage(subject.url, { repository: subject.repository, tag: 'a' })
      const last = subject.repository.slice(0, -1)
      const query = new URLSearchParams({ n: '1', last })
      const response = await fetch(`${subject.url}/v2/_catalog?${query.toString()}`)
      assert.deepEqual(await response.json(), { repositories: [subject.repository] })
    },
  },
  {
    name: 'deletes a manifest and its tags by digest',
    run: async (subject) => {
      const { digest } = await pushImage(subject.url, { repository: subject.repository, tag: 'a' })
      assert.equal((await fetch(`${base(subject)}/manifests/${digest}`, { method: 'DELETE' })).status, 202)
      await assertError(await fetch(`${base(subject)}/manifests/a`, { headers: { accept } }), 404, 'MANIFEST_UNKNOWN')
    },
  },
  {
    name: 'deletes a tag and keeps its manifest',
    run: async (subject) => {
      const { digest } = await pushImage(subject.url, { repository: subject.repository, tag: 'a' })
      assert.equal((await fetch(`${base(subject)}/manifests/a`, { method: 'DELETE' })).status, 202)
      const tag = await fetch(`${base(subject)}/manifests/a`, { headers: { accept } })
      await assertError(tag, 404, 'MANIFEST_UNKNOWN')
      assert.equal((await fetch(`${base(subject)}/manifests/${digest}`, { headers: { accept } })).status, 200)
    },
    otherwise: {
      debian: {
        because: '2.8 deletes by digest only',
        run: async (subject) => {
          await pushImage(subject.url, { repository: subject.repository, tag: 'a' })
          const deleted = await fetch(`${base(subject)}/manifests/a`, { method: 'DELETE' })
          await assertError(deleted, 400, 'DIGEST_INVALID')
        },
      },
    },
  },
  {
    name: 'is read by our client',
    run: async ({ url, repository }) => {
      const image = guaranteed(parseImageName(`example.org/${repository}`))
      const client = createRegistry({ registries: [{ host: 'example.org', url }] })
      assert.deepEqual(await client.listTags(image), { kind: 'absent' })
      const { digest } = await pushImage(url, { repository, tag: '1.2.0' })
      await pushImage(url, { repository, tag: '1.2.1', platforms: ['linux/amd64', 'linux/arm64'] })
      const list = await client.listTags(image)
      assert.ok(list.kind === 'tags')
      assert.deepEqual(list.tags.toSorted(), ['1.2.0', '1.2.1'])
      assert.deepEqual(await client.headManifest(image, '1.2.0'), { kind: 'manifest', digest, mediaType: manifest })
      const several = await client.headManifest(image, '1.2.1')
      assert.equal(several.kind === 'manifest' && several.mediaType, index)
      assert.deepEqual(await client.headManifest(image, '9.9.9'), { kind: 'absent' })
    },
  },
  {
    name: 'serves no path out of itself',
    run: async ({ url }) => {
      const paths = [
        '/v2/../../etc/passwd/tags/list',
        '/v2/%2e%2e/%2e%2e/etc/manifests/latest',
        '/v2/a/../../b/blobs/uploads/',
        '/v2/a/manifests/..%2f..%2fetc%2fpasswd',
        '/v2/UPPER/tags/list',
        '/etc/passwd',
      ]
      for (const path of paths) {
        const status = await statusOfRaw(url, path)
        assert.ok(status >= 300 && status < 500, `${path} was answered with ${status}`)
      }
    },
  },
  {
    name: 'notifies of a pushed tag',
    run: async ({ url, repository, subscriber }) => {
      const { digest } = await pushImage(url, { repository, tag: '1.2.1' })
      const notification = await subscriber.until(({ body }) =>
        tagsIn(body).includes(`example.org/${repository}:1.2.1`),
      )
      assert.equal(notification.authorization, token)
      assert.ok(
        notificationTypes.some((type) => type === notification.contentType),
        notification.contentType,
      )
      const { events } = notification.body as { readonly events: readonly [PushEvent] }
      const [event, ...others] = events
      assert.deepEqual(others, [])
      assert.match(event.id, /^[0-9a-f-]{36}$/)
      assert.ok(Date.parse(event.timestamp) > 0)
      const { size, ...target } = event.target
      assert.deepEqual(target, {
        mediaType: manifest,
        digest,
        length: size,
        repository,
        url: `${url}/v2/${repository}/manifests/${digest}`,
        tag: '1.2.1',
      })
      assert.deepEqual(
        { host: event.request.host, method: event.request.method },
        { host: new URL(url).host, method: 'PUT' },
      )
      assert.deepEqual(Object.keys(event.source).sort(), ['addr', 'instanceID'])
    },
  },
  {
    name: 'notifies of pushed blobs and of pulls too',
    run: async ({ url, repository, subscriber }) => {
      await pushImage(url, { repository, tag: '1.2.1' })
      await fetch(`${url}/v2/${repository}/manifests/1.2.1`, { method: 'HEAD', headers: { accept } })
      const isOf = (action: string, mediaType: string) => (notification: { readonly body: unknown }) => {
        const { events } = notification.body as { readonly events: readonly PushEvent[] }
        return events.some(
          (event) =>
            event.action === action && event.target.repository === repository && event.target.mediaType === mediaType,
        )
      }
      await subscriber.until(isOf('push', 'application/octet-stream'))
      const pulled = await subscriber.until(isOf('pull', manifest))
      assert.deepEqual(tagsIn(pulled.body), [])
    },
  },
]

for (const server of servers) {
  describe(`${server.title} is a registry`, () => {
    const { start } = server
    if (start === undefined) {
      test(`${server.title} is on this machine`, () => {
        const message = `${server.title} is not here, so ${rows.length} tests did not run against it. To get it: ${server.howToGetIt}`
        console.error(message)
        assert.notEqual(process.env['CI'], 'true', message)
      })
      return
    }
    let running: RunningServer | undefined
    let subscriber: SubscriberServer | undefined
    before(async () => {
      subscriber = await startSubscriber()
      running = await start(subscriber.url)
    })
    after(async () => {
      await running?.stop()
      await subscriber?.close()
    })
    for (const row of rows) {
      const other = row.otherwise?.[server.name]
      test(other === undefined ? row.name : `does not: ${row.name} (${other.because})`, async () => {
        assert.ok(running !== undefined && subscriber !== undefined)
        await (other?.run ?? row.run)({ url: running.url, subscriber, repository: `test/${randomUUID()}` })
      })
    }
  })
}

type PushEvent = {
  readonly id: string
  readonly timestamp: string
  readonly action: string
  readonly target: { readonly size: number; readonly mediaType: string; readonly repository: string }
  readonly request: { readonly host: string; readonly method: string }
  readonly source: object
}

function tagsIn(body: unknown): readonly string[] {
  const notification = parseNotification(body, 'example.org')
  assert.ok(notification.ok)
  return notification.value.map(({ image, tag }) => `${image}:${tag}`)
}

function base({ url, repository }: Subject): string {
  return `${url}/v2/${repository}`
}

function digestOf(content: Buffer | string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

function locationOf(response: Response): string {
  return new URL(response.headers.get('location') ?? '', response.url).href
}

async function startUpload(subject: Subject): Promise<string> {
  const response = await fetch(`${base(subject)}/blobs/uploads/`, { method: 'POST' })
  assert.equal(response.status, 202)
  assert.match(response.headers.get('docker-upload-uuid') ?? '', /^[0-9a-f-]{36}$/)
  return locationOf(response)
}

async function patch(location: string, bytes: Buffer, range: string): Promise<Response> {
  const headers = { 'content-type': 'application/octet-stream', 'content-range': range }
  return await fetch(location, { method: 'PATCH', body: new Uint8Array(bytes), headers })
}

async function put(location: string, bytes: Buffer, { digest }: { readonly digest: string }): Promise<Response> {
  const url = new URL(location)
  url.searchParams.set('digest', digest)
  const headers = { 'content-type': 'application/octet-stream' }
  return await fetch(url, { method: 'PUT', body: new Uint8Array(bytes), headers })
}

type TypedManifest = { readonly bytes: Buffer; readonly type: string }

async function putManifest(subject: Subject, reference: string, { bytes, type }: TypedManifest): Promise<Response> {
  const init = { method: 'PUT', body: new Uint8Array(bytes), headers: { 'content-type': type } }
  return await fetch(`${base(subject)}/manifests/${reference}`, init)
}

/** A manifest whose config is already there. */
async function pushedManifest(subject: Subject, type: string): Promise<Buffer> {
  const config = Buffer.from('{"architecture":"amd64","os":"linux"}')
  await put(await startUpload(subject), config, { digest: digestOf(config) })
  return manifestOf(type, digestOf(config), config.length)
}

function manifestOf(mediaType: string, digest: string, size: number): Buffer {
  const configType =
    mediaType === manifest
      ? 'application/vnd.oci.image.config.v1+json'
      : 'application/vnd.docker.container.image.v1+json'
  const config = { mediaType: configType, digest, size }
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] }))
}

async function assertBlob(subject: Subject, bytes: Buffer): Promise<void> {
  const url = `${base(subject)}/blobs/${digestOf(bytes)}`
  const head = await fetch(url, { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(head.headers.get('content-length'), String(bytes.length))
  assert.equal(head.headers.get('docker-content-digest'), digestOf(bytes))
  const got = await fetch(url)
  assert.deepEqual(Buffer.from(await got.arrayBuffer()), bytes)
}

async function assertError(response: Response, status: number, code: string): Promise<void> {
  const text = await response.text()
  assert.equal(response.status, status, text)
  const body: { readonly errors: readonly { readonly code: string }[] } = JSON.parse(text)
  assert.deepEqual(
    body.errors.map((error) => error.code),
    [code],
  )
}

async function tagsOf(from: string | Response): Promise<readonly string[]> {
  const response = typeof from === 'string' ? await fetch(from) : from
  const { tags }: { readonly tags: readonly string[] } = JSON.parse(await response.text())
  return tags
}

/** `fetch` would tidy the path up before it asks. */
async function statusOfRaw(url: string, path: string): Promise<number> {
  const { hostname, port } = new URL(url)
  return await new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method: 'GET' }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    request.on('error', reject)
    request.end()
  })
}
