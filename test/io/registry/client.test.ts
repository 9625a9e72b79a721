import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { manifestTypes } from '../../../src/core/image/manifest-type.ts'
import { parseImageName } from '../../../src/core/image/ref.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { Secret } from '../../../src/core/secret.ts'
import { createRegistry } from '../../../src/io/registry/client.ts'
import type { RegistrySetting } from '../../../src/io/registry/hosts.ts'
import { RegistryUnavailable } from '../../../src/io/registry/unavailable.ts'
import { pushImage } from '../../../src/sandbox/registry/push-image.ts'
import {
  type SandboxRegistry,
  type SandboxRegistryOptions,
  startRegistry,
} from '../../../src/sandbox/registry/registry.ts'
import { image, serve } from './test-server.ts'

const repository = 'project/demo-service'
const login = { username: 'bot', password: 'a password' }

async function sandbox(t: TestContext, options: SandboxRegistryOptions = {}): Promise<SandboxRegistry> {
  const registry = await startRegistry(options)
  t.after(registry.close)
  return registry
}

function clientOf({ url }: { readonly url: string }, setting: Partial<RegistrySetting> = {}, now?: () => number) {
  const registries = [{ host: 'eu.gcr.io', url, ...setting }]
  return createRegistry({ registries, ...(now === undefined ? {} : { now }) })
}

const withLogin = { username: login.username, password: new Secret(login.password) }

test('listTags lists the tags of a registry', async (t) => {
  const registry = await sandbox(t)
  for (const tag of ['1.2.0', '1.2.1']) await pushImage(registry.url, { repository, tag })
  assert.deepEqual(await clientOf(registry).listTags(image), { kind: 'tags', tags: ['1.2.0', '1.2.1'] })
  assert.equal(registry.requests.of('tags'), 1)
})

test('listTags reads all pages, whatever their size', async (t) => {
  const registry = await sandbox(t, { pageSize: 2 })
  const tags = ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0']
  for (const tag of tags) await pushImage(registry.url, { repository, tag })
  assert.deepEqual(await clientOf(registry).listTags(image), { kind: 'tags', tags })
  assert.equal(registry.requests.of('tags'), 3)
})

test('listTags finds no tags where all were deleted', async (t) => {
  const registry = await sandbox(t)
  await pushImage(registry.url, { repository, tag: 'a' })
  await fetch(`${registry.url}/v2/${repository}/manifests/a`, { method: 'DELETE' })
  assert.deepEqual(await clientOf(registry).listTags(image), { kind: 'tags', tags: [] })
})

test('listTags says absent of an image that the registry does not know', async (t) => {
  assert.deepEqual(await clientOf(await sandbox(t)).listTags(image), { kind: 'absent' })
})

test('listTags asks no registry that is not allowed', async () => {
  const asked: unknown[] = []
  const fetchNothing: typeof fetch = (url) => {
    asked.push(url)
    return Promise.reject(new Error('asked'))
  }
  const client = createRegistry({ registries: [{ host: 'ghcr.io' }], fetch: fetchNothing })
  assert.equal((await client.listTags(image)).kind, 'refused')
  assert.equal((await client.headManifest(image, '1.2.1')).kind, 'refused')
  assert.deepEqual(asked, [])
})

test('listTags asks Docker Hub at its registry', async () => {
  const asked: string[] = []
  const answer: typeof fetch = (url) => {
    asked.push(url instanceof URL ? url.href : '')
    return Promise.resolve(Response.json({ name: 'library/nginx', tags: ['1.27'] }))
  }
  const client = createRegistry({ registries: [{ host: 'docker.io' }], fetch: answer })
  const list = await client.listTags(guaranteed(parseImageName('nginx')))
  assert.deepEqual(list, { kind: 'tags', tags: ['1.27'] })
  assert.deepEqual(asked, ['https://registry-1.docker.io/v2/library/nginx/tags/list?n=1000'])
})

test('listTags says unchanged where the registry does, and keeps its etag', async (t) => {
  const registry = await serve(t, (request, response) => {
    if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end()
    else response.writeHead(200, { etag: '"1"' }).end('{"tags":["a"]}')
  })
  const client = clientOf(registry)
  assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['a'], etag: '"1"' })
  assert.deepEqual(await client.listTags(image, { etag: '"1"' }), { kind: 'unchanged' })
  assert.deepEqual(await client.listTags(image, { etag: '"0"' }), { kind: 'tags', tags: ['a'], etag: '"1"' })
})

test('listTags keeps no etag of a list of several pages, because it is that of the first one only', async (t) => {
  const registry = await serve(t, (request, response) => {
    const first = request.url?.includes('last') !== true
    const link = first ? { link: '</v2/x?last=a>; rel="next"' } : {}
    response.writeHead(200, { etag: '"1"', ...link }).end(first ? '{"tags":["a"]}' : '{"tags":["b"]}')
  })
  assert.deepEqual(await clientOf(registry).listTags(image), { kind: 'tags', tags: ['a', 'b'] })
})

test('listTags keeps no etag of a list that may be a full page, because the next tag may come on another', async (t) => {
  const tags = Array.from({ length: 11 }, (_, index) => `1.0.${index}`)
  let pushed = 10
  const registry = await serve(t, (request, response) => {
    const page = request.url?.includes('last') === true ? tags.slice(10, pushed) : tags.slice(0, 10)
    const link = page.length === 10 && pushed > 10 ? { link: '</v2/x?last=1.0.9>; rel="next"' } : {}
    const etag = `"${page.join()}"`
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
    else response.writeHead(200, { etag, ...link }).end(JSON.stringify({ tags: page }))
  })
  const client = clientOf(registry)
  const list = await client.listTags(image)
  const known = list.kind === 'tags' && list.etag !== undefined ? { etag: list.etag } : undefined
  pushed = 11
  assert.deepEqual(await client.listTags(image, known), { kind: 'tags', tags })
})

test('listTags takes what the list of a Google registry tells beside the tags', async (t) => {
  const digest = `sha256:${'a'.repeat(64)}`
  const created = '2026-11-20T10:00:00.000Z'
  const manifest = { [digest]: { tag: ['a', 'b'], mediaType: 'x', timeCreatedMs: String(Date.parse(created)) } }
  const registry = await serve(t, (_, response) => {
    response.end(JSON.stringify({ name: 'project/demo', tags: ['a', 'b'], child: [], manifest }))
  })
  const manifests = [{ digest, tags: ['a', 'b'], created }]
  assert.deepEqual(await clientOf(registry).listTags(image), { kind: 'tags', tags: ['a', 'b'], manifests })
})

test('headManifest says what a tag points to', async (t) => {
  const registry = await sandbox(t)
  const one = await pushImage(registry.url, { repository, tag: '1.2.1' })
  const several = await pushImage(registry.url, { repository, tag: '1.2.2', platforms: ['linux/amd64', 'linux/arm64'] })
  const client = clientOf(registry)
  const [index, manifest] = manifestTypes
  assert.deepEqual(await client.headManifest(image, '1.2.1'), {
    kind: 'manifest',
    digest: one.digest,
    mediaType: manifest,
  })
  assert.deepEqual(await client.headManifest(image, '1.2.2'), {
    kind: 'manifest',
    digest: several.digest,
    mediaType: index,
  })
  assert.equal(registry.requests.of('manifest-head'), 2)
  assert.equal(registry.requests.of('manifest-get'), 0)
})

test('headManifest says absent of a tag that the registry does not know', async (t) => {
  const registry = await sandbox(t)
  await pushImage(registry.url, { repository, tag: '1.2.1' })
  assert.deepEqual(await clientOf(registry).headManifest(image, '9.9.9'), { kind: 'absent' })
})

test('headManifest takes a tag of an older kind for none, and the registry for no liar', async (t) => {
  for (const type of ['docker.distribution.manifest.v1+prettyjws', 'oci.artifact.manifest.v1+json']) {
    const headers = { 'content-type': `application/vnd.${type}`, 'docker-content-digest': `sha256:${'0'.repeat(64)}` }
    const registry = await serve(t, (_, response) => response.writeHead(200, headers).end())
    assert.deepEqual(await clientOf(registry).headManifest(image, '1.2.1'), { kind: 'absent' })
  }
})

test('headManifest asks for no tag that cannot be one', async (t) => {
  const registry = await sandbox(t)
  assert.deepEqual(await clientOf(registry).headManifest(image, '../../secret'), { kind: 'absent' })
  assert.deepEqual(registry.requests.all(), {})
})

test('headManifest hashes the manifest of a registry that does not say its digest', async (t) => {
  const registry = await serve(t, (request, response) => {
    response.writeHead(200, { 'content-type': `${manifestTypes[1]}; charset=utf-8` })
    response.end(request.method === 'HEAD' ? undefined : '{}')
  })
  assert.deepEqual(await clientOf(registry).headManifest(image, 'a'), {
    kind: 'manifest',
    digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    mediaType: manifestTypes[1],
  })
})

for (const challenges of [['basic'], ['bearer'], ['bearer', 'basic'], ['basic', 'bearer']] as const) {
  test(`the client logs in to a registry that asks for ${challenges.join(' or ')}`, async (t) => {
    const registry = await sandbox(t, { auth: { ...login, challenges } })
    await pushImage(registry.url, { repository, tag: '1.2.1', auth: login })
    const client = clientOf(registry, withLogin)
    registry.requests.reset()
    assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['1.2.1'] })
    assert.equal((await client.headManifest(image, '1.2.1')).kind, 'manifest')
    // The challenge is asked for once; a token serves both calls.
    const token = challenges.some((challenge) => challenge === 'bearer') ? { token: 1 } : {}
    assert.deepEqual(registry.requests.all(), { tags: 2, 'manifest-head': 1, ...token })
  })
}

test('the client asks for one token per image, even for many calls at once', async (t) => {
  const registry = await sandbox(t, { auth: { ...login, challenges: ['bearer'] } })
  await pushImage(registry.url, { repository, tag: '1.2.1', auth: login })
  await pushImage(registry.url, { repository: 'project/other', tag: '1.2.1', auth: login })
  const client = clientOf(registry, withLogin)
  await client.listTags(image)
  registry.requests.reset()
  const other = guaranteed(parseImageName('eu.gcr.io/project/other'))
  const lists = await Promise.all([1, 2, 3, 4, 5].map(() => client.listTags(other)))
  assert.deepEqual(
    lists.map(({ kind }) => kind),
    ['tags', 'tags', 'tags', 'tags', 'tags'],
  )
  assert.deepEqual(registry.requests.all(), { token: 1, tags: 5 })
})

test('the client asks for a new token when the old one is over', async (t) => {
  const registry = await sandbox(t, { auth: { ...login, challenges: ['bearer'] } })
  await pushImage(registry.url, { repository, tag: '1.2.1', auth: login })
  let now = 0
  const client = clientOf(registry, withLogin, () => now)
  await client.listTags(image)
  now = 299_000
  registry.requests.reset()
  await client.listTags(image)
  assert.deepEqual(registry.requests.all(), { token: 1, tags: 1 })
})

test('the client keeps what its realm asks with, and asks for its own image', async (t) => {
  const registry = await serve(t, (request, response) => {
    const realm = `http://${request.headers.host}/token?account=a%20b&scope=repository%3Aanother%3Apush`
    if (request.url?.startsWith('/token') === true) response.end('{"token":"t"}')
    else if (request.headers.authorization === 'Bearer t') response.end('{"tags":[]}')
    else response.writeHead(401, { 'www-authenticate': `bEARER REALM="${realm}" , Service="a,b"` }).end()
  })
  assert.equal((await clientOf(registry).listTags(image)).kind, 'tags')
  assert.equal(
    registry.seen[1],
    'GET /token?account=a+b&scope=repository%3Aproject%2Fdemo-service%3Apull&service=a%2Cb',
  )
})

for (const answer of [
  { token: 'good' },
  { access_token: 'good' },
  { token: '', access_token: 'good' },
  { token: null, access_token: 'good' },
  { token: 'good', access_token: 'another' },
]) {
  test(`the client finds its token in ${JSON.stringify(answer)}`, async (t) => {
    const registry = await serve(t, (request, response) => {
      const realm = `http://${request.headers.host}/token`
      if (request.url?.startsWith('/token') === true) response.end(JSON.stringify(answer))
      else if (request.headers.authorization === 'Bearer good') response.end('{"tags":["a"]}')
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
    })
    assert.deepEqual(await clientOf(registry).listTags(image), { kind: 'tags', tags: ['a'] })
  })
}

const lifetimes: readonly (readonly [name: string, expires: object, seconds: number])[] = [
  ['nobody says', {}, 54],
  ['is said to be none', { expires_in: 0 }, 54],
  ['is said to be less than none', { expires_in: -300 }, 54],
  ['is said in words', { expires_in: '300' }, 54],
  ['is shorter than any may be', { expires_in: 1 }, 54],
  ['is five minutes', { expires_in: 300 }, 270],
]

for (const [name, expires, seconds] of lifetimes) {
  test(`the client uses a token whose lifetime ${name} for ${seconds} seconds`, async (t) => {
    const registry = await serve(t, (request, response) => {
      const realm = `http://${request.headers.host}/token`
      if (request.url?.startsWith('/token') === true) response.end(JSON.stringify({ token: 't', ...expires }))
      else if (request.headers.authorization === 'Bearer t') response.end('{"tags":[]}')
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
    })
    let now = 0
    const client = clientOf(registry, {}, () => now)
    const granted = (): number => registry.seen.filter((request) => request.startsWith('GET /token')).length
    await client.listTags(image)
    now = seconds * 1000 - 1
    await client.listTags(image)
    assert.equal(granted(), 1)
    now = seconds * 1000
    await client.listTags(image)
    assert.equal(granted(), 2)
  })
}

test('the client asks for a new token when the registry does not take the old one', async (t) => {
  let granted = 0
  const registry = await serve(t, (request, response) => {
    if (request.url?.startsWith('/token') === true) {
      granted += 1
      response.end(JSON.stringify({ access_token: `token-${granted}` }))
    } else if (request.headers.authorization === 'Bearer token-2') response.end('{"tags":["a"]}')
    else {
      const realm = `http://${request.headers.host}/token`
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="x"` }).end()
    }
  })
  const client = clientOf(registry)
  assert.equal((await client.listTags(image)).kind, 'refused')
  assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['a'] })
})

test('the client asks to read and nothing else, whatever the challenge says', async (t) => {
  const registry = await serve(t, (request, response) => {
    const realm = `http://${request.headers.host}/token`
    const scope = 'repository:another:pull,push,delete,metadata_read'
    if (request.url?.startsWith('/token') === true) response.end('{"token":"t"}')
    else if (request.headers.authorization === 'Bearer t') response.end('{"tags":[]}')
    else response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s",scope="${scope}"` }).end()
  })
  assert.equal((await clientOf(registry).listTags(image)).kind, 'tags')
  assert.equal(
    registry.seen[1],
    'GET /token?service=s&scope=repository%3Aproject%2Fdemo-service%3Apull%2Cmetadata_read',
  )
})

const refusals: readonly { name: string; setting: Partial<RegistrySetting>; says: RegExp }[] = [
  { name: 'nobody', setting: {}, says: /^`eu.gcr.io` asks for a username and password; an operator can add them to/ },
  {
    name: 'a wrong password',
    setting: { username: 'bot', password: new Secret('wrong') },
    says: /^`eu.gcr.io` gave no usable answer: it answers our username and password with 401$/,
  },
]

for (const { name, setting, says } of refusals) {
  test(`listTags and headManifest are refused to ${name}, with the reason`, async (t) => {
    const registry = await sandbox(t, { auth: login })
    const client = clientOf(registry, setting)
    for (const answer of [await client.listTags(image), await client.headManifest(image, '1.2.1')]) {
      assert.ok(answer.kind === 'refused')
      assert.match(answer.because, says)
    }
  })
}

test('a token server that refuses the password is a reason', async (t) => {
  const registry = await sandbox(t, { auth: { ...login, challenges: ['bearer'] } })
  assert.deepEqual(await clientOf(registry, { username: 'bot', password: new Secret('wrong') }).listTags(image), {
    kind: 'refused',
    because: 'the token server of `eu.gcr.io` answered our username and password with 401',
  })
})

for (const [name, status] of [
  ['its token server', 401],
  ['its token server, which forbids it', 403],
  ['itself, for a token of everybody', 200],
] as const) {
  test(`a registry that refuses strangers by ${name} is said to ask for a login`, async (t) => {
    const registry = await serve(t, (request, response) => {
      const realm = `http://${request.headers.host}/token`
      if (request.url?.startsWith('/token') === true) response.writeHead(status).end('{"token":"t"}')
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="x"` }).end()
    })
    const answer = await clientOf(registry).listTags(image)
    assert.ok(answer.kind === 'refused')
    assert.match(
      answer.because,
      /an anonymous request with 40[13]: there is no such image, or it asks for a username and password; an operator can add them to/,
    )
  })
}

test('a wrong password is sent once per call', async (t) => {
  const registry = await sandbox(t, { auth: login })
  const client = clientOf(registry, { username: 'bot', password: new Secret('wrong') })
  await client.listTags(image)
  registry.requests.reset()
  assert.equal((await client.listTags(image)).kind, 'refused')
  assert.deepEqual(registry.requests.all(), { tags: 1 })
})

const transient: readonly { name: string; status: number; headers?: Record<string, string>; retryAfterMs?: number }[] =
  [
    { name: 'too many requests', status: 429, headers: { 'retry-after': '7' }, retryAfterMs: 7_000 },
    { name: 'too many requests, without a time', status: 429 },
    { name: 'an error of the registry', status: 500 },
    { name: 'a registry that is away', status: 503, headers: { 'retry-after': '1' }, retryAfterMs: 1_000 },
  ]

for (const { name, status, headers = {}, retryAfterMs } of transient) {
  test(`nothing is known after ${name}`, async (t) => {
    const registry = await serve(t, (_, response) => response.writeHead(status, headers).end())
    const asks = [() => clientOf(registry).listTags(image), () => clientOf(registry).headManifest(image, 'a')]
    for (const ask of asks)
      await assert.rejects(ask, (error) => {
        assert.ok(error instanceof RegistryUnavailable)
        assert.equal(error.retryAfterMs, retryAfterMs)
        return error.message.includes(`was answered with ${status}`)
      })
  })
}

test('a registry that wants to be left alone is, and others are asked meanwhile', async (t) => {
  const busy = await serve(t, (_, response) => response.writeHead(429, { 'retry-after': '60' }).end())
  const idle = await serve(t, (_, response) => response.end('{"tags":["a"]}'))
  let now = Date.parse('2026-01-01T00:00:00Z')
  const registries = [
    { host: 'eu.gcr.io', url: busy.url },
    { host: 'ghcr.io', url: idle.url },
  ]
  const client = createRegistry({ registries, now: () => now })
  for (let i = 0; i < 3; i += 1) await assert.rejects(client.listTags(image), RegistryUnavailable)
  assert.equal(busy.seen.length, 1)
  assert.equal((await client.listTags(guaranteed(parseImageName('ghcr.io/acme/app')))).kind, 'tags')
  now += 60_000
  await assert.rejects(client.listTags(image), RegistryUnavailable)
  assert.equal(busy.seen.length, 2)
})

test('a registry that closes a kept connection as it is asked on it is asked once more', async (t) => {
  const used = new WeakSet<object>()
  let [closed, justNow] = [0, false]
  const server = await serve(t, ({ socket }, response) => {
    justNow = used.has(socket) && !justNow
    used.add(socket)
    if (!justNow) return response.end('{"tags":["a"]}')
    closed += 1
    return socket.destroy()
  })
  const client = clientOf(server)
  for (let time = 0; time < 5; time += 1) assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['a'] })
  assert.equal(server.seen.length, 5 + closed)
  assert.ok(closed > 0)
})

test('nothing is known where nobody listens', async () => {
  const registry = await startRegistry()
  await registry.close()
  await assert.rejects(clientOf(registry).listTags(image), (error) => {
    assert.ok(error instanceof RegistryUnavailable)
    assert.match(error.message, /\/tags\/list failed \(ECONNREFUSED\)$/)
    return true
  })
})

const unreachable: readonly (readonly [name: string, url: (url: string) => string, why: RegExp])[] = [
  ['speaks plain HTTP where https is expected', (url) => url.replace('http:', 'https:'), /failed \(ERR_SSL_.*\)$/],
  ['has no address', () => 'https://nowhere.invalid', /failed \((?:ENOTFOUND|EAI_AGAIN)\)$/],
  ['is at a port that fetch does not go to', () => 'http://127.0.0.1:6000', /failed \(bad port\)$/],
]
for (const [name, urlOf, why] of unreachable) {
  test(`the reason is told where a registry ${name}`, async (t) => {
    const registry = await serve(t, (_, response) => response.end())
    await assert.rejects(clientOf({ url: urlOf(registry.url) }).listTags(image), { message: why })
  })
}

test('nothing is known after a token server that is away, and the next call asks it again', async (t) => {
  let asked = 0
  const registry = await serve(t, (request, response) => {
    const realm = `http://${request.headers.host}/token`
    if (request.url?.startsWith('/token') === true) {
      asked += 1
      response.writeHead(asked === 1 ? 502 : 200).end('{"token":"t"}')
    } else if (request.headers.authorization === 'Bearer t') response.end('{"tags":[]}')
    else response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
  })
  const client = clientOf(registry)
  await assert.rejects(client.listTags(image), RegistryUnavailable)
  assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: [] })
})
