import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { stringify } from 'yaml'
import { kubernetesFromKubeconfig } from '../../src/cli/kubeconfig.ts'
import { Secret } from '../../src/core/secret.ts'
import { UserError } from '../../src/core/user-error.ts'
import type { Source } from '../../src/io/kubernetes/settings.ts'

const server = 'https://kubernetes.example.com:6443'
const ca = Buffer.from('the authority').toString('base64')

test('a certificate in the file is taken as it is', async (t) => {
  const user = { 'client-certificate-data': base64('certificate'), 'client-key-data': base64('key') }
  assert.deepEqual(await kubernetesFromKubeconfig(await write(t, { user })), {
    server,
    ca: { text: 'the authority' },
    credentials: { kind: 'certificate', certificate: { text: 'certificate' }, key: { text: 'key' } },
  })
})

test('files are named from where the kubeconfig is', async (t) => {
  const cluster = { server, 'certificate-authority': 'ca.crt' }
  const user = { 'client-certificate': 'pki/me.crt', 'client-key': '/etc/me.key' }
  const path = await write(t, { cluster, user })
  const folder = join(path, '..')
  assert.deepEqual(await kubernetesFromKubeconfig(path), {
    server,
    ca: { file: join(folder, 'ca.crt') },
    credentials: {
      kind: 'certificate',
      certificate: { file: join(folder, 'pki/me.crt') },
      key: { file: '/etc/me.key' },
    },
  })
})

test('a token is kept secret', async (t) => {
  const { credentials } = await kubernetesFromKubeconfig(await write(t, { user: { token: 'abc' } }))
  assert.equal(credentials.kind, 'token')
  assert.doesNotMatch(JSON.stringify(credentials), /abc/)
  assert.equal(await read(credentials.token), 'abc')
})

test('a user without anything is nobody', async (t) => {
  assert.deepEqual((await kubernetesFromKubeconfig(await write(t, { user: {} }))).credentials, { kind: 'none' })
})

test('a server behind a name of its own keeps it', async (t) => {
  const cluster = { server: `${server}/k8s/clusters/c-1/`, 'tls-server-name': 'inner' }
  const settings = await kubernetesFromKubeconfig(await write(t, { cluster, user: {} }))
  assert.deepEqual(settings, {
    server: `${server}/k8s/clusters/c-1`,
    serverName: 'inner',
    credentials: { kind: 'none' },
  })
})

test('a login program is asked again when its token has ended', async (t) => {
  const folder = await temporaryFolder(t)
  const count = join(folder, 'count')
  // Each token has ended when it is given.
  const program = await script(folder, [
    `echo x >> ${count}`,
    `printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t%s","expirationTimestamp":"2020-01-01T00:00:00Z"}}' $(wc -l < ${count})`,
  ])
  const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: program, interactiveMode: 'Never' } }
  const { credentials } = await kubernetesFromKubeconfig(await write(t, { user }))
  assert.equal(credentials.kind, 'token')
  const first = await read(credentials.token)
  const second = await read(credentials.token)
  assert.deepEqual([first, second], ['t2', 't3'])
})

test('a login program may give a certificate', async (t) => {
  const status = { clientCertificateData: 'certificate', clientKeyData: 'key' }
  const program = await script(await temporaryFolder(t), [`echo '${JSON.stringify({ status })}'`])
  const user = { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: program, interactiveMode: 'Never' } }
  const { credentials } = await kubernetesFromKubeconfig(await write(t, { user }))
  assert.equal(credentials.kind, 'certificate')
  assert.deepEqual([await read(credentials.certificate), await read(credentials.key)], ['certificate', 'key'])
})

test('another context may be wanted', async (t) => {
  const path = await write(t, {
    user: { token: 'abc' },
    more: { contexts: [{ name: 'other', context: { cluster: 'here' } }] },
  })
  assert.deepEqual((await kubernetesFromKubeconfig(path, 'other')).credentials, { kind: 'none' })
})

type Wrong = { name: string; file: Parts; context?: string; message: RegExp; help?: RegExp }

const wrongs: readonly Wrong[] = [
  {
    name: 'a context that is not there',
    file: { user: {} },
    context: 'production',
    message: /no context `production`/,
    help: /there are `mine`/,
  },
  { name: 'no current context', file: { user: {}, more: { 'current-context': '' } }, message: /no current context/ },
  {
    name: 'a cluster that is not there',
    file: { user: {}, more: { clusters: [] } },
    message: /`mine` names the cluster `here`, which the kubeconfig does not have/,
  },
  {
    name: 'a user that is not there',
    file: { user: {}, more: { users: [] } },
    message: /names the user `me`, which the kubeconfig does not have/,
  },
  {
    name: 'an address that is none',
    file: { cluster: { server: 'kubernetes:6443' }, user: {} },
    message: /expected the server of the cluster `here` as https:\/\/HOST:PORT, got `kubernetes:6443`/,
  },
  {
    name: 'a server that nobody checks',
    file: { cluster: { server, 'insecure-skip-tls-verify': true }, user: {} },
    message: /insecure-skip-tls-verify/,
  },
  { name: 'a proxy', file: { cluster: { server, 'proxy-url': 'http://proxy' }, user: {} }, message: /proxy-url/ },
  { name: 'a password', file: { user: { username: 'me', password: 'hunter2' } }, message: /with a password, which/ },
  { name: 'impersonation', file: { user: { token: 'abc', as: 'you' } }, message: /with impersonation, which/ },
  {
    name: 'a login program that is not there',
    file: { user: { exec: { command: '/nowhere/login' } } },
    message: /the user `me` cannot log in: .*ENOENT/,
  },
  {
    name: 'a login program that fails',
    file: { user: { exec: { command: 'sh', args: ['-c', 'echo your session has ended >&2; exit 1'] } } },
    message: /cannot log in: your session has ended$/,
    help: /kubectl auth whoami/,
  },
]

for (const { name, file, context, message, help } of wrongs) {
  test(`kubernetesFromKubeconfig refuses ${name}`, async (t) => {
    const path = await write(t, file)
    await assert.rejects(kubernetesFromKubeconfig(path, context), (error) => {
      assert.ok(error instanceof UserError, String(error))
      assert.match(error.message, message)
      assert.match(error.help, help ?? /./)
      return true
    })
  })
}

test('kubernetesFromKubeconfig refuses a file that is none', async (t) => {
  const folder = await temporaryFolder(t)
  const empty = join(folder, 'empty')
  await writeFile(empty, '')
  for (const path of [join(folder, 'absent'), empty]) {
    await assert.rejects(kubernetesFromKubeconfig(path), (error) => {
      assert.ok(error instanceof UserError && error.message.includes(`\`${path}\` cannot be read as a kubeconfig`))
      return true
    })
  }
})

type Parts = { readonly cluster?: object; readonly user: object; readonly more?: object }

async function write(t: TestContext, { cluster, user, more }: Parts): Promise<string> {
  const path = join(await temporaryFolder(t), 'config')
  const mine = [{ name: 'mine', context: { cluster: 'here', user: 'me' } }]
  const { contexts, ...others } = { contexts: [], ...more } as { readonly contexts: readonly object[] }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'here', cluster: cluster ?? { server, 'certificate-authority-data': ca } }],
    users: [{ name: 'me', user }],
    contexts: [...mine, ...contexts],
    'current-context': 'mine',
    ...others,
  }
  await writeFile(path, stringify(config))
  return path
}

async function script(folder: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, 'login')
  await writeFile(path, ['#!/bin/sh', ...lines].join('\n'))
  await chmod(path, 0o700)
  return path
}

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-kubeconfig-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function read(source: Source): Promise<string> {
  assert.ok('read' in source)
  const text = await source.read()
  return text instanceof Secret ? text.reveal() : text
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
