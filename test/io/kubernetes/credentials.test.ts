import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type Server, createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Secret } from '../../../src/core/secret.ts'
import { createKubernetes } from '../../../src/io/kubernetes/client.ts'
import type { KubernetesSettings } from '../../../src/io/kubernetes/settings.ts'
import { createAuthority, openAuthority } from '../../../src/sandbox/cluster/certificates.ts'
import { answerJson, refusalOf, serve, status } from './test-server.ts'

test('a token is read again after a minute, and not before', async (t) => {
  const file = await fileWith(t, 'first\n')
  let now = 0
  const tokens: unknown[] = []
  const { kubernetes } = await serve(
    t,
    (request, response) => {
      tokens.push(request.headers.authorization)
      answerJson(response, {})
    },
    { credentials: { kind: 'token', token: { file } }, now: () => now },
  )
  await kubernetes.version()
  await writeFile(file, 'second')
  now = 59_999
  await kubernetes.version()
  now = 60_000
  await kubernetes.version()
  assert.deepEqual(tokens, ['Bearer first', 'Bearer first', 'Bearer second'])
})

test('a token that is refused is read again at once, and tried once more', async (t) => {
  const file = await fileWith(t, 'first')
  const { kubernetes, seen } = await serve(
    t,
    (request, response) =>
      request.headers.authorization === 'Bearer second'
        ? answerJson(response, { gitVersion: 'v1.35.4' })
        : answerJson(response, status(401, 'Unauthorized'), 401),
    { credentials: { kind: 'token', token: { file } }, now: () => 0 },
  )
  const { class: is, turn } = await refusalOf(kubernetes.version())
  assert.deepEqual([is, turn, seen.length], ['unauthorized', 'operator', 2])
  await writeFile(file, 'second')
  assert.equal(await kubernetes.version(), 'v1.35.4')
  assert.equal(seen.length, 4)
})

test('a token that cannot change is tried once', async (t) => {
  const { kubernetes, seen } = await serve(t, (_, response) => answerJson(response, status(401, 'Unauthorized'), 401), {
    credentials: { kind: 'token', token: { text: new Secret('first') } },
  })
  assert.equal((await refusalOf(kubernetes.version())).class, 'unauthorized')
  assert.equal(seen.length, 1)
})

test('a token that is refused many times at once is read again once', async (t) => {
  let reads = 0
  const read = async (): Promise<Secret> => {
    reads += 1
    return new Secret(`token-${reads}`)
  }
  const { kubernetes } = await serve(
    t,
    (request, response) =>
      request.headers.authorization === 'Bearer token-1'
        ? answerJson(response, status(401, 'Unauthorized'), 401)
        : answerJson(response, {}),
    { credentials: { kind: 'token', token: { read } }, now: () => 0 },
  )
  await Promise.all(Array.from({ length: 16 }, async () => kubernetes.version()))
  assert.equal(reads, 2)
})

test('a file that is gone for a moment does not stop what works', async (t) => {
  const file = await fileWith(t, 'first')
  let now = 0
  const { kubernetes } = await serve(t, (_, response) => answerJson(response, { gitVersion: 'v1' }), {
    credentials: { kind: 'token', token: { file } },
    now: () => now,
  })
  await kubernetes.version()
  await rm(file)
  now = 60_000
  assert.equal(await kubernetes.version(), 'v1')
})

test('a file that was never there is the operator’s turn', async (t) => {
  const { kubernetes, seen } = await serve(t, (_, response) => answerJson(response, {}), {
    credentials: { kind: 'token', token: { file: '/nowhere/token' } },
  })
  const { class: is, turn, message } = await refusalOf(kubernetes.version())
  assert.deepEqual([is, turn], ['no-credentials', 'operator'])
  assert.match(message, /ENOENT.*\/nowhere\/token/)
  assert.equal(seen.length, 0)
})

test('a server that the CA does not vouch for is not asked', async (t) => {
  const { url } = await serveTls(t, createAuthority(new Date()))
  const other = createAuthority(new Date()).certificate
  const kubernetes = connect(t, { server: url, ca: { text: other }, credentials: { kind: 'none' } })
  const { class: is, turn } = await refusalOf(kubernetes.version())
  assert.deepEqual([is, turn], ['untrusted', 'operator'])
})

test('a server under another name is not asked, unless that name is said', async (t) => {
  const authority = createAuthority(new Date())
  const { url } = await serveTls(t, authority, ['kubernetes.default'])
  const settings = { server: url, ca: { text: authority.certificate }, credentials: { kind: 'none' } } as const
  assert.equal((await refusalOf(connect(t, settings).version())).class, 'untrusted')
  assert.equal(await connect(t, { ...settings, serverName: 'kubernetes.default' }).version(), 'v1.35.4')
})

test('a CA that was replaced is taken up at once', async (t) => {
  const authority = createAuthority(new Date())
  const file = await fileWith(t, createAuthority(new Date()).certificate)
  const { url } = await serveTls(t, authority)
  const kubernetes = connect(t, { server: url, ca: { file }, credentials: { kind: 'none' } })
  assert.equal((await refusalOf(kubernetes.version())).class, 'untrusted')
  await writeFile(file, authority.certificate)
  assert.equal(await kubernetes.version(), 'v1.35.4')
})

function connect(t: TestContext, settings: KubernetesSettings): ReturnType<typeof createKubernetes> {
  const kubernetes = createKubernetes(settings, { now: () => 0 })
  t.after(kubernetes.close)
  return kubernetes
}

async function serveTls(
  t: TestContext,
  authority: ReturnType<typeof createAuthority>,
  names: readonly string[] = ['127.0.0.1'],
): Promise<{ readonly server: Server; readonly url: string }> {
  const { certificate, key } = openAuthority(authority, () => new Date()).issueServer(names)
  const server = createServer({ cert: certificate, key }, (_, response) =>
    answerJson(response, { gitVersion: 'v1.35.4' }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  const address = server.address()
  assert.ok(address !== null && typeof address !== 'string')
  return { server, url: `https://127.0.0.1:${address.port}` }
}

async function fileWith(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-credentials-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'text')
  await writeFile(file, text)
  return file
}
