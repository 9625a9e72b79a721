import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { formatProblem } from '../../../src/core/parsed.ts'
import { createRegistry } from '../../../src/io/registry/client.ts'
import { createAskLoginProgram } from '../../../src/io/registry/login-program.ts'
import { pushImage } from '../../../src/sandbox/registry/push-image.ts'
import { startRegistry } from '../../../src/sandbox/registry/registry.ts'
import { image, serve } from './test-server.ts'

// Real programs on the PATH, as docker runs them.

const folder = await mkdtemp(join(tmpdir(), 'lotse-login-program-'))
const bin = join(folder, 'bin')
await mkdir(bin)
const path = process.env['PATH'] ?? ''
process.env['PATH'] = `${bin}${delimiter}${path}`
after(async () => {
  process.env['PATH'] = path
  await rm(folder, { recursive: true, force: true })
})

const asked = join(folder, 'asked')

/** `says` is what it prints for `get`, in the words of a shell. */
async function install(name: string, says: string): Promise<void> {
  const file = join(bin, `docker-credential-${name}`)
  await writeFile(file, `#!/bin/sh\nread server\necho "$1 $server" >> "${asked}"\n${says}\n`)
  await chmod(file, 0o755)
}

const login = (username: string, secret: string): string =>
  `echo '${JSON.stringify({ ServerURL: 'x', Username: username, Secret: secret })}'`

const answers: readonly (readonly [name: string, says: string, expected: object])[] = [
  ['user-and-password', login('AWS', 'hidden'), { kind: 'password', username: 'AWS', shown: 'hidden' }],
  ['identity-token', login('<token>', 'hidden'), { kind: 'identity-token', shown: 'hidden' }],
]

for (const [name, says, expected] of answers) {
  test(`a login program gives a login: ${name}`, async () => {
    await install(name, says)
    const ask = createAskLoginProgram({ now: () => 0 })
    const answer = await ask({ program: name, server: 'ghcr.io' })
    assert.ok(answer.ok, JSON.stringify(answer))
    const { value } = answer
    const shown = value.kind === 'password' ? value.password.reveal() : value.token.reveal()
    const who = value.kind === 'password' ? { username: value.username } : {}
    assert.deepEqual({ kind: value.kind, ...who, shown }, expected)
  })
}

const failures: readonly (readonly [name: string, says: string, because: RegExp])[] = [
  [
    'fails',
    'echo "credentials not found: hidden"; echo hidden >&2; exit 1',
    /`docker-credential-fails get` failed \(1\)/,
  ],
  ['says-nothing', 'true', /answered without a user name and a secret/],
  ['says-no-json', 'echo hidden', /answered without a user name and a secret/],
  ['knows-nobody', login('', ''), /answered without a user name and a secret/],
  ['says-too-much', 'head -c 100000 /dev/zero', /said more than 65536 bytes/],
  ['never-ends', 'exec sleep 60', /took longer than 0\.5 seconds/],
]

for (const [name, says, because] of failures) {
  test(`a login program that ${name} is a reason, without what it said`, async () => {
    await install(name, says)
    const ask = createAskLoginProgram({ now: () => 0, timeoutMs: 500 })
    const answer = await ask({ program: name, server: 'ghcr.io' })
    assert.ok(!answer.ok)
    const text = answer.problems.map(formatProblem).join()
    assert.match(text, because)
    assert.doesNotMatch(text, /hidden/)
  })
}

test('a login program that is not there is a reason', async () => {
  const answer = await createAskLoginProgram({ now: () => 0 })({ program: 'nobody-has-it', server: 'ghcr.io' })
  assert.ok(!answer.ok)
  assert.match(answer.problems[0].message, /`docker-credential-nobody-has-it get` is not on the PATH/)
})

test('a login program is asked once a minute for each registry, however many want to know', async () => {
  await install('counted', login('bot', 'a password'))
  let nowMs = 0
  const ask = createAskLoginProgram({ now: () => nowMs })
  await rm(asked, { force: true })
  const both = ['ghcr.io', 'quay.io'].flatMap((server) => [1, 2, 3].map(() => ask({ program: 'counted', server })))
  await Promise.all(both)
  nowMs = 59_999
  await ask({ program: 'counted', server: 'ghcr.io' })
  nowMs = 60_000
  await ask({ program: 'counted', server: 'ghcr.io' })
  const calls = (await readFile(asked, 'utf8')).trimEnd().split('\n').toSorted()
  assert.deepEqual(calls, ['get ghcr.io', 'get ghcr.io', 'get quay.io'])
})

test('a registry takes the login of the program that a docker config names', async (t) => {
  const auth = { username: 'bot', password: 'a password' }
  const registry = await startRegistry({ auth: { ...auth, challenges: ['basic'] } })
  t.after(registry.close)
  await pushImage(registry.url, { repository: 'project/demo-service', tag: '1.2.1', auth })
  await install('story', login('bot', 'a password'))
  const dockerConfig = join(folder, 'config.json')
  await writeFile(dockerConfig, JSON.stringify({ credHelpers: { 'eu.gcr.io': 'story' } }))
  const client = createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url, dockerConfig }] })
  assert.deepEqual(await client.listTags(image), { kind: 'tags', tags: ['1.2.1'] })
  await writeFile(dockerConfig, JSON.stringify({ credHelpers: { 'eu.gcr.io': 'of-another-machine' } }))
  const list = await client.listTags(image)
  assert.ok(list.kind === 'refused')
  assert.match(list.because, /docker-credential-of-another-machine get` is not on the PATH/)
})

test('a token for the registry itself is sent at once, and never to a token server', async (t) => {
  const registry = await serve(t, (request, response) => {
    if (request.headers.authorization === 'Bearer a-token') response.end('{"tags":["a"]}')
    else response.writeHead(401, { 'www-authenticate': 'Bearer realm="https://evil.example/token"' }).end()
  })
  const dockerConfig = join(folder, 'token.json')
  const clientWith = async (registrytoken: string) => {
    await writeFile(dockerConfig, JSON.stringify({ auths: { 'eu.gcr.io': { registrytoken } } }))
    return createRegistry({ registries: [{ host: 'eu.gcr.io', url: registry.url, dockerConfig }] })
  }
  assert.deepEqual(await (await clientWith('a-token')).listTags(image), { kind: 'tags', tags: ['a'] })
  const list = await (await clientWith('an-old-one')).listTags(image)
  assert.ok(list.kind === 'refused')
  assert.match(list.because, /it answers our registry token with 401/)
  assert.deepEqual(registry.authorizations, ['Bearer a-token', 'Bearer an-old-one'])
})
