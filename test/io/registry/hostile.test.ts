import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Secret } from '../../../src/core/secret.ts'
import { createRegistry } from '../../../src/io/registry/client.ts'
import { RegistryUnavailable } from '../../../src/io/registry/unavailable.ts'
import { image, isTagList, serve } from './test-server.ts'

// What an allowed registry could do to us, by malice or by a broken proxy in front of it.

const metadata = 'http://169.254.169.254/latest/meta-data'
const login = { username: 'bot', password: new Secret('a password') }
const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024))
const limits = { bodyBytes: 1024 * 1024, pages: 10, listBytes: 2 * 1024 * 1024, timeoutMs: 5_000 }

type Hostile = {
  readonly name: string
  readonly listener: RequestListener
  readonly says: RegExp
  readonly requests: number
}

const hostile: readonly Hostile[] = [
  {
    name: 'redirects to the address of cloud metadata',
    listener: (_, response) => response.writeHead(307, { location: metadata }).end(),
    says: /redirects to `http:\/\/169.254.169.254`, which is not allowed; an operator can add it/,
    requests: 1,
  },
  {
    name: 'redirects to a file',
    listener: (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    says: /redirects to `file:`, which is not allowed/,
    requests: 1,
  },
  {
    name: 'redirects to nowhere',
    listener: (_, response) => response.writeHead(302).end(),
    says: /redirects to nowhere/,
    requests: 1,
  },
  {
    name: 'redirects to itself for ever',
    listener: (request, response) => response.writeHead(307, { location: request.url }).end(),
    says: /redirects more than 5 times/,
    requests: 6,
  },
  {
    name: 'has its next page on another host',
    listener: (_, response) => response.writeHead(200, { link: `<${metadata}>; rel="next"` }).end('{"tags":["a"]}'),
    says: /next page is at `http:\/\/169.254.169.254`, another host/,
    requests: 1,
  },
  {
    name: 'asks for a token at another host',
    listener: (_, response) => response.writeHead(401, { 'www-authenticate': `Bearer realm="${metadata}"` }).end(),
    says: /sends us to `http:\/\/169.254.169.254` for a token, which is not allowed; .* token server of `eu.gcr.io`/,
    requests: 1,
  },
  {
    name: 'asks for a token at no address',
    listener: (_, response) => response.writeHead(401, { 'www-authenticate': 'Bearer realm="here"' }).end(),
    says: /sends us to `here` for a token/,
    requests: 1,
  },
  {
    name: 'redirects to itself with a login in the address',
    listener: (request, response) =>
      response.writeHead(307, { location: `http://bot:a%20password@${request.headers.host}/` }).end(),
    says: /redirects to an address with a login in it$/,
    requests: 1,
  },
  {
    name: 'asks for a token at itself with a login in the address',
    listener: (request, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="http://bot@${request.headers.host}/token"` }).end(),
    says: /^`eu.gcr.io` sends us to `http:\/\/127.0.0.1:\d+` for a token, with a login in the address$/,
    requests: 1,
  },
  {
    name: 'asks for a login that nobody knows',
    listener: (_, response) => response.writeHead(401, { 'www-authenticate': 'Negotiate' }).end(),
    says: /offers no way to log in that we know/,
    requests: 1,
  },
  {
    name: 'grants a token that would be two headers',
    listener: (request, response) => {
      const realm = `http://${request.headers.host}/token`
      if (request.url?.startsWith('/token') === true) response.end(JSON.stringify({ token: 'a\r\nhost: evil' }))
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
    },
    says: /answered without a token/,
    requests: 2,
  },
  {
    name: 'redirects us from its token server',
    listener: (request, response) => {
      const realm = `http://${request.headers.host}/token`
      if (request.url?.startsWith('/token') === true) response.writeHead(302, { location: metadata }).end()
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
    },
    says: /token server of `eu.gcr.io` answered our username and password with 302/,
    requests: 2,
  },
  ...[
    // The address of cloud metadata in other words, and what a parser may take for the registry itself.
    'http://2852039166/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fd00:ec2::254]/',
    '//169.254.169.254/latest',
    '\\\\169.254.169.254\\latest',
    'http://eu.gcr.io@169.254.169.254/',
    'ftp://eu.gcr.io/',
    'data:application/json,{}',
  ].flatMap((target): readonly Hostile[] => [
    {
      name: `redirects to ${target}`,
      listener: (_, response) => response.writeHead(307, { location: target }).end(),
      says: /redirects to `[^`]+`, which is not allowed/,
      requests: 1,
    },
    {
      name: `has its next page at ${target}`,
      listener: (_, response) => response.writeHead(200, { link: `<${target}>; rel=next` }).end('{"tags":["a"]}'),
      says: /next page is at `[^`]+`, another host/,
      requests: 1,
    },
    {
      name: `asks for a token at ${target}`,
      listener: (_, response) =>
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${target.replaceAll('\\', '\\\\')}"` }).end(),
      says: /sends us to `[^`]+` for a token, which is not allowed/,
      requests: 1,
    },
  ]),
  {
    name: 'redirects to another port',
    listener: (_, response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
    says: /redirects to `http:\/\/127.0.0.1:1`, which is not allowed/,
    requests: 1,
  },
  {
    name: 'asks for a token at another port',
    listener: (_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://127.0.0.1:1/"' }).end(),
    says: /sends us to `http:\/\/127.0.0.1:1` for a token, which is not allowed/,
    requests: 1,
  },
  {
    name: 'has its next page on another port, where nobody asks',
    listener: (_, response) =>
      response.writeHead(200, { link: '<http://127.0.0.1:1/?last=a>; rel=next' }).end('{"tags":["a"]}'),
    says: /its pages run in a circle/,
    requests: 2,
  },
  {
    name: 'asks for tokens at one host after the other',
    listener: (_, response) =>
      response
        .writeHead(401, { 'www-authenticate': `Bearer realm="${metadata}", Bearer realm="https://evil.example"` })
        .end(),
    says: /sends us to `http:\/\/169.254.169.254` for a token/,
    requests: 1,
  },
  {
    name: 'asks for a login again after it got one',
    listener: (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    says: /answers our username and password with 401$/,
    requests: 2,
  },
  {
    name: 'ends its list with an error',
    listener: (request, response) => {
      if (request.url?.includes('last') === true) response.writeHead(404).end('{"errors":[]}')
      else response.writeHead(200, { link: '<?last=a>; rel="next"' }).end('{"tags":["a"]}')
    },
    says: /has status 404$/,
    requests: 2,
  },
  {
    name: 'says unchanged in the middle of a list',
    listener: (request, response) => {
      if (request.url?.includes('last') === true) response.writeHead(304).end()
      else response.writeHead(200, { link: '<?last=a>; rel="next"' }).end('{"tags":["a"]}')
    },
    says: /has status 304$/,
    requests: 2,
  },
  {
    name: 'has pages without end',
    listener: (request, response) => {
      const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('last') ?? 0) + 1
      response.writeHead(200, { link: `<?last=${page}>; rel="next"` }).end(`{"tags":["${page}"]}`)
    },
    says: /more than 10 pages/,
    requests: 10,
  },
  {
    name: 'has pages in a circle',
    listener: (request, response) => {
      const link = `<?last=${request.url?.includes('last=a') === true ? 'b' : 'a'}>; rel="next"`
      response.writeHead(200, { link }).end('{"tags":["a"]}')
    },
    says: /pages run in a circle/,
    requests: 3,
  },
  {
    name: 'has many large pages',
    listener: (request, response) => {
      const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('last') ?? 0) + 1
      response.writeHead(200, { link: `<?last=${page}>; rel="next"` }).end(`{"tags":["${'a'.repeat(1024 * 1023)}"]}`)
    },
    says: /its list has more than 2097152 bytes/,
    requests: 3,
  },
  {
    name: 'lists ten megabytes of tags',
    listener: (_, response) => response.end(`{"tags":["${'a","'.repeat(2_500_000)}a"]}`),
    says: /more than 1048576 bytes/,
    requests: 1,
  },
  {
    name: 'packs a hundred megabytes into a hundred kilobytes',
    listener: (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    says: /more than 1048576 bytes/,
    requests: 1,
  },
  {
    name: 'answers with a page for people',
    listener: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>'),
    says: /not a list of tags/,
    requests: 1,
  },
  {
    name: 'lists no list',
    listener: (_, response) => response.end('{"tags":{"a":1}}'),
    says: /not a list of tags/,
    requests: 1,
  },
  {
    name: 'answers with JSON that is none of ours',
    listener: (_, response) => response.end('null'),
    says: /not a list of tags/,
    requests: 1,
  },
  {
    name: 'forbids it',
    listener: (_, response) => response.writeHead(403).end('{"errors":[{"code":"DENIED"}]}'),
    says: /has status 403 \(DENIED\)$/,
    requests: 1,
  },
  {
    name: 'has a 404 that is not of a registry',
    listener: (_, response) => response.writeHead(404).end('<html>404</html>'),
    says: /has status 404$/,
    requests: 1,
  },
  {
    name: 'has a 404 with a code that says nothing of the image',
    listener: (_, response) =>
      response.writeHead(404).end('{"errors":[null,{"code":7},{"code":"`x`"},{"code":"UNSUPPORTED"}]}'),
    says: /has status 404 \(UNSUPPORTED\)$/,
    requests: 1,
  },
  {
    name: 'says unchanged to those who know nothing',
    listener: (_, response) => response.writeHead(304).end(),
    says: /has status 304$/,
    requests: 1,
  },
]

for (const { name, listener, says, requests } of hostile) {
  test(`listTags refuses a registry that ${name}`, async (t) => {
    const registry = await serve(t, listener)
    const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url, ...login }], limits })
    const list = await client.listTags(image)
    assert.ok(list.kind === 'refused', JSON.stringify(list))
    assert.match(list.because, says)
    assert.equal(registry.seen.length, requests)
  })
}

const wrongManifests: readonly { name: string; headers: Record<string, string>; says: RegExp }[] = [
  {
    name: 'another content type',
    headers: { 'content-type': 'text/html' },
    says: /not a manifest by its content type/,
  },
  { name: 'no content type', headers: {}, says: /not a manifest by its content type/ },
  {
    name: 'a digest that is none',
    headers: { 'content-type': 'application/vnd.oci.image.index.v1+json', 'docker-content-digest': 'sha256:../../x' },
    says: /its digest is not one/,
  },
]

for (const { name, headers, says } of wrongManifests) {
  test(`headManifest refuses a manifest with ${name}`, async (t) => {
    const registry = await serve(t, (_, response) => response.writeHead(200, headers).end())
    const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url }], limits })
    const head = await client.headManifest(image, '1.2.1')
    assert.ok(head.kind === 'refused')
    assert.match(head.because, says)
  })
}

test('headManifest refuses a manifest that is not what its digest says, where only the whole one has a digest', async (t) => {
  const type = { 'content-type': 'application/vnd.oci.image.index.v1+json' }
  const registry = await serve(t, (request, response) => {
    const digest = request.method === 'HEAD' ? {} : { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }
    response.writeHead(200, { ...type, ...digest }).end('{}')
  })
  const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url }], limits })
  const head = await client.headManifest(image, '1.2.1')
  assert.ok(head.kind === 'refused', JSON.stringify(head))
  assert.match(head.because, /its digest is not one/)
})

test('a short page is no end, and an empty one neither: only the missing link is', async (t) => {
  const pages: Readonly<Record<string, readonly [tags: string, next?: string]>> = {
    '': ['["a"]', 'a'],
    a: ['[]', 'b'],
    b: ['null', 'c'],
    c: ['["d","a"]'],
  }
  const registry = await serve(t, (request, response) => {
    const [tags, next] = pages[new URL(request.url ?? '', 'http://x').searchParams.get('last') ?? ''] ?? ['[]']
    response.writeHead(200, next === undefined ? {} : { link: `<?last=${next}>; rel="next"` }).end(`{"tags":${tags}}`)
  })
  const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url }] })
  assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['a', 'd'] })
})

test('listTags drops what cannot be a tag', async (t) => {
  const registry = await serve(t, (_, response) => {
    response.end(
      JSON.stringify({ tags: ['1.0.0', '', '../x', 'a b', '\u001b[31m', 7, null, 'x'.repeat(129), '1.0.0'] }),
    )
  })
  const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url }] })
  assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['1.0.0'] })
})

test('a redirect to another allowed registry is followed without credentials', async (t) => {
  const other = await serve(t, (_, response) => response.end('{"tags":["a"]}'))
  const registry = await serve(t, (request, response) => {
    if (request.headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    else response.writeHead(307, { location: `${other.url}${request.url}` }).end()
  })
  const client = createRegistry({
    registries: [
      { host: 'eu.gcr.io', url: registry.url, ...login },
      { host: 'other.example', url: other.url, username: 'other', password: new Secret('of the other') },
    ],
  })
  assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['a'] })
  assert.deepEqual(other.authorizations, ['none'])
})

test('no login is given to where a registry redirects', async (t) => {
  const other = await serve(t, (_, response) =>
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
  )
  const registry = await serve(t, (_, response) => response.writeHead(307, { location: `${other.url}/v2/` }).end())
  const registries = [
    { host: 'eu.gcr.io', url: registry.url, ...login },
    { host: 'other.example', url: other.url },
  ]
  const list = await createRegistry({ registries }).listTags(image)
  assert.ok(list.kind === 'refused')
  assert.match(list.because, /where it redirects to, asks for a login/)
  assert.deepEqual(other.authorizations, ['none'])
})

test('a redirect on the own origin is followed with credentials', async (t) => {
  const registry = await serve(t, (request, response) => {
    if (request.headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    else if (isTagList(request)) response.writeHead(308, { location: '/elsewhere' }).end()
    else response.end('{"tags":["a"]}')
  })
  const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url, ...login }] })
  assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['a'] })
})

test('credentials stay with their registry', async (t) => {
  const registry = await serve(t, (_, response) =>
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
  )
  const registries = [
    { host: 'eu.gcr.io', url: registry.url },
    { host: 'other.example', url: registry.url, ...login },
  ]
  assert.equal((await createRegistry({ registries }).listTags(image)).kind, 'refused')
  assert.deepEqual(registry.authorizations, ['none'])
})

test('the password is in no reason and no error', async (t) => {
  const registry = await serve(t, (request, response) => {
    if (request.headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    else response.writeHead(500).end()
  })
  const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url, ...login }] })
  await assert.rejects(client.listTags(image), (error) => {
    assert.ok(error instanceof RegistryUnavailable)
    return !`${error.message} ${String(error.cause)} ${error.stack ?? ''}`.includes('a password')
  })
})

const slow: readonly { name: string; listener: RequestListener }[] = [
  { name: 'never answers', listener: () => undefined },
  { name: 'never ends its answer', listener: (_, response) => void response.writeHead(200).write('{"tags":[') },
]

for (const { name, listener } of slow) {
  test(`nothing is known of a registry that ${name}`, async (t) => {
    const registry = await serve(t, listener)
    const registries = [{ host: 'eu.gcr.io', url: registry.url }]
    const client = createRegistry({ registries, limits: { ...limits, timeoutMs: 50 } })
    await assert.rejects(client.listTags(image), (error) => {
      assert.ok(error instanceof RegistryUnavailable)
      return error.message.endsWith('took longer than 50 ms')
    })
  })
}

test('nothing is known of a registry that sends one page after the other, each almost too late', async (t) => {
  let now = 0
  const registry = await serve(t, (request, response) => {
    now += 14_000
    const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('last') ?? 0) + 1
    response.writeHead(200, { link: `<?last=${page}>; rel="next"` }).end(`{"tags":["${page}"]}`)
  })
  const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url }], now: () => now })
  await assert.rejects(client.listTags(image), (error) => {
    assert.ok(error instanceof RegistryUnavailable)
    return error.message.endsWith('took longer than 300000 ms')
  })
  assert.equal(registry.seen.length, 22)
})

test('nothing is known of a registry that hangs up in the middle', async (t) => {
  const registry = await serve(t, (request, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"tags":[', () => request.socket.destroy())
  })
  const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url }] })
  await assert.rejects(client.listTags(image), RegistryUnavailable)
})
