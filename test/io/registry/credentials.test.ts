import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Secret } from '../../../src/core/secret.ts'
import { UserError } from '../../../src/core/user-error.ts'
import { createRegistry } from '../../../src/io/registry/client.ts'
import { pushImage } from '../../../src/sandbox/registry/push-image.ts'
import { startRegistry } from '../../../src/sandbox/registry/registry.ts'
import { image, serve } from './test-server.ts'

const login = { username: 'bot', password: 'a password' }
const repository = 'project/demo-service'

async function fileOf(
  t: TestContext,
  entry: object,
): Promise<{ path: string; write: (entry: object) => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-docker-config-'))
  t.after(async () => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'config.json')
  const write = async (next: object): Promise<void> =>
    writeFile(path, JSON.stringify({ auths: { 'https://eu.gcr.io': next } }))
  await write(entry)
  return { path, write }
}

const authOf = (password: string): object => ({ auth: Buffer.from(`bot:${password}`).toString('base64') })

for (const challenge of ['basic', 'bearer'] as const) {
  test(`a registry that asks for ${challenge} takes the login of a docker config, also when it was renewed`, async (t) => {
    const registry = await startRegistry({ auth: { ...login, challenges: [challenge] } })
    t.after(registry.close)
    await pushImage(registry.url, { repository, tag: '1.2.1', auth: login })
    const file = await fileOf(t, authOf('an old password'))
    const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url, dockerConfig: file.path }] })
    const refused = await client.listTags(image)
    assert.ok(refused.kind === 'refused')
    assert.match(refused.because, /our username and password with 401/)
    await file.write(authOf('a password'))
    assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['1.2.1'] })
  })
}

test('a secret that is mounted by Kubernetes is read as it is now, when all of it was swapped', async (t) => {
  const registry = await startRegistry({ auth: { ...login, challenges: ['basic'] } })
  t.after(registry.close)
  await pushImage(registry.url, { repository, tag: '1.2.1', auth: login })
  const folder = await mkdtemp(join(tmpdir(), 'lotse-mounted-'))
  t.after(async () => rm(folder, { recursive: true, force: true }))
  const name = '.dockerconfigjson'
  const mount = async (version: string, password: string): Promise<void> => {
    await mkdir(join(folder, version))
    await writeFile(join(folder, version, name), JSON.stringify({ auths: { 'eu.gcr.io': authOf(password) } }))
    await symlink(version, join(folder, '..data_tmp'))
    await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  }
  await mount('..1', 'an old password')
  await symlink(join('..data', name), join(folder, name))
  const setting = { host: 'eu.gcr.io', url: registry.url, dockerConfig: join(folder, name) }
  const client = createRegistry({ registries: [setting] })
  assert.equal((await client.listTags(image)).kind, 'refused')
  await mount('..2', 'a password')
  assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['1.2.1'] })
})

test('an identity token is posted to the token server, and is in no URL', async (t) => {
  const posted: string[] = []
  const registry = await serve(t, (request, response) => {
    const realm = `http://${request.headers.host}/oauth2/token`
    if (request.url === '/oauth2/token') {
      request.on('data', (chunk: Buffer) => posted.push(chunk.toString('utf8')))
      request.on('end', () => response.end('{"access_token":"t","expires_in":60}'))
    } else if (request.headers.authorization === 'Bearer t') response.end('{"tags":["a"]}')
    else response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="acr"` }).end()
  })
  const { path } = await fileOf(t, { identitytoken: 'an identity' })
  const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url, dockerConfig: path }] })
  assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['a'] })
  assert.deepEqual(Object.fromEntries(new URLSearchParams(posted.join(''))), {
    grant_type: 'refresh_token',
    refresh_token: 'an identity',
    client_id: 'lotse',
    service: 'acr',
    scope: `repository:${repository}:pull`,
  })
  assert.deepEqual(registry.seen, [
    `GET /v2/${repository}/tags/list?n=1000`,
    'POST /oauth2/token',
    `GET /v2/${repository}/tags/list?n=1000`,
  ])
  assert.deepEqual(registry.authorizations, ['none', 'none', 'Bearer t'])
})

test('an identity token is never sent as a password', async (t) => {
  const registry = await serve(t, (_, response) =>
    response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
  )
  const { path } = await fileOf(t, { identitytoken: 'an identity' })
  const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url, dockerConfig: path }] })
  assert.equal((await client.listTags(image)).kind, 'refused')
  assert.deepEqual(registry.authorizations, ['none'])
})

test('a docker config that is not there is a reason, and nobody is asked anonymously', async (t) => {
  const registry = await serve(t, (_, response) => response.end('{"tags":["a"]}'))
  const setting = { host: 'eu.gcr.io', url: registry.url, dockerConfig: '/nowhere/config.json' }
  assert.deepEqual(await createRegistry({ registries: [setting] }).listTags(image), {
    kind: 'refused',
    because: 'the docker config of `eu.gcr.io`, `/nowhere/config.json`, is of no use: it cannot be read (ENOENT)',
  })
  assert.deepEqual(registry.seen, [])
})

test('a docker config without a login is a reason', async (t) => {
  const { path } = await fileOf(t, {})
  const registries = [{ host: 'eu.gcr.io', url: 'http://127.0.0.1:1', dockerConfig: path }]
  const list = await createRegistry({ registries }).listTags(image)
  assert.ok(list.kind === 'refused')
  assert.match(list.because, /it has no login for `eu.gcr.io`$/)
})

test('createRegistry refuses a login in two places', () => {
  const setting = { host: 'ghcr.io', username: 'bot', password: new Secret('a password'), dockerConfig: 'x' }
  assert.throws(() => createRegistry({ registries: [setting] }), UserError)
})
