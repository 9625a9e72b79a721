import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { formatProblem } from '../../src/core/parsed.ts'
import { type AgentSettings, parseAgentSettings, readAgentSettings } from '../../src/runtime/agent-settings.ts'
import { parseGitUrl, serviceAccountFolder } from '../../src/runtime/agent-settings-rows.ts'

const least = { CLUSTER: 'production', GIT_URL: 'https://github.com/acme/gitops', GIT_PATH: 'clusters/production' }
const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const botKey = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}`
const bot = { BOT_URL: 'https://lotse.acme.test/', BOT_PUBLIC_KEY: botKey, AGENT_KEY_FILE: '/key' }
const files: Readonly<Record<string, string>> = { '/key': pem, '/rsa': rsa.toString() }

test('readAgentSettings fills in the defaults', () => {
  assert.deepEqual(settings({}), {
    cluster: 'production',
    git: {
      url: 'https://github.com/acme/gitops',
      kind: 'http',
      repository: 'acme/gitops',
      path: 'clusters/production',
      access: { kind: 'asked' },
    },
    namespace: 'lotse',
    dataDir: './.lotse/agent',
    syncIntervalMs: 300_000,
    verifyIntervalMs: 3_600_000,
    host: '0.0.0.0',
    port: 8080,
    log: { level: 'info', format: 'json' },
  })
})

test('readAgentSettings reads what is set', () => {
  const {
    bot: link,
    git,
    ...others
  } = settings({
    ...bot,
    GIT_URL: 'git@github.com:Acme/gitops.git',
    GIT_BRANCH: 'release/next',
    GIT_SSH_KEY_FILE: '/ssh',
    GIT_KNOWN_HOSTS_FILE: '/hosts',
    NAMESPACE: 'flux',
    VERIFY_INTERVAL: '2h',
    KUBERNETES_SERVER: 'https://10.0.0.1:6443/',
  })
  assert.deepEqual(git, {
    url: 'git@github.com:Acme/gitops.git',
    kind: 'ssh',
    repository: 'acme/gitops',
    branch: 'release/next',
    path: 'clusters/production',
    access: { kind: 'ssh-key', file: '/ssh', knownHostsFile: '/hosts' },
  })
  assert.deepEqual([link?.url, link?.publicKey, link?.key.reveal()], ['https://lotse.acme.test', botKey, pem.trim()])
  assert.deepEqual(
    [others.namespace, others.verifyIntervalMs, others.kubernetes?.server],
    ['flux', 7_200_000, 'https://10.0.0.1:6443'],
  )
})

test('readAgentSettings finds in a pod what Kubernetes puts there', () => {
  const pod = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' }
  const { kubernetes, namespace } = settings(pod, { [`${serviceAccountFolder}/namespace`]: 'operations\n' })
  assert.deepEqual(kubernetes, {
    server: 'https://[fd00::1]:6443',
    caFile: `${serviceAccountFolder}/ca.crt`,
    tokenFile: `${serviceAccountFolder}/token`,
  })
  assert.equal(namespace, 'operations')
})

const wrong: readonly (readonly [string, Readonly<Record<string, string>>, readonly string[]])[] = [
  [
    'nothing that is required',
    { CLUSTER: '', GIT_URL: ' ', GIT_PATH: '' },
    ['CLUSTER: expected a value', 'GIT_URL: expected a value', 'GIT_PATH: expected a value'],
  ],
  [
    'half a bot',
    { BOT_URL: 'https://b' },
    ['BOT_URL: expected all of BOT_URL, BOT_PUBLIC_KEY, AGENT_KEY_FILE or none'],
  ],
  ['an RSA key', { ...bot, AGENT_KEY_FILE: '/rsa' }, ['AGENT_KEY_FILE: expected an Ed25519 private key']],
  ['a key that is not there', { ...bot, AGENT_KEY_FILE: '/no' }, ['AGENT_KEY_FILE: expected a readable file']],
  ['two kinds of access', { GIT_TOKEN_FILE: '/t', GIT_SSH_KEY_FILE: '/s' }, ['GIT_URL: expected GIT_TOKEN_FILE or']],
  ['ssh without a key', { GIT_URL: 'git@github.com:acme/gitops' }, ['GIT_URL: expected GIT_SSH_KEY_FILE']],
  [
    'https with a key for ssh',
    { GIT_SSH_KEY_FILE: '/s' },
    ['GIT_URL: expected an ssh address with GIT_SSH_KEY_FILE, got `https://'],
  ],
  [
    'a key of the bot that is none',
    { ...bot, BOT_PUBLIC_KEY: 'ssh-rsa AAAA' },
    [
      'BOT_PUBLIC_KEY: expected the public key of the bot: `ssh-ed25519` and 68 characters after one space (print it with `lotse key --public FILE`',
    ],
  ],
  [
    'a private key of the bot',
    { ...bot, BOT_PUBLIC_KEY: '-----BEGIN PRIVATE KEY-----' },
    ['BOT_PUBLIC_KEY: expected the public key of the bot, got a private key (that key is known now'],
  ],
  ['ssh with a token', { GIT_URL: 'ssh://git@h/a/b', GIT_TOKEN_FILE: '/t' }, ['GIT_URL: expected an https address']],
  ['a path out of the repository', { GIT_PATH: '../x' }, ['GIT_PATH: expected a path']],
]
for (const [name, variables, expected] of wrong) {
  test(`parseAgentSettings refuses ${name}`, () => {
    const result = parseAgentSettings({ ...least, ...variables }, reader({}))
    const messages = result.ok ? [] : result.problems.map(formatProblem)
    assert.equal(messages.length, expected.length, messages.join('\n'))
    for (const [index, start] of expected.entries()) assert.ok(messages[index]?.startsWith(start), messages[index])
  })
}

const urls: readonly (readonly [string, string, string])[] = [
  ['https://github.com/acme/gitops.git', 'http', 'acme/gitops'],
  ['https://github.com/Acme/GitOps/', 'http', 'acme/gitops'],
  ['https://gitlab.test/group/sub/gitops', 'http', 'sub/gitops'],
  ['git@github.com:acme/gitops.git', 'ssh', 'acme/gitops'],
  ['ssh://git@github.com:22/acme/gitops.git', 'ssh', 'acme/gitops'],
  ['file:///srv/acme/gitops.git', 'file', 'acme/gitops'],
]
for (const [text, kind, repository] of urls) {
  test(`parseGitUrl reads ${text}`, () => {
    assert.deepEqual(parseGitUrl(text), { ok: true, value: { url: text, kind, repository } })
  })
}

test('parseGitUrl repeats no password', () => {
  const result = parseGitUrl('https://user:hidden@github.com/acme/gitops')
  assert.ok(!result.ok && !JSON.stringify(result.problems).includes('hidden'))
})

for (const text of [
  'acme/gitops',
  'ftp://h/a',
  'https://github.com/',
  'https://github.com/acme',
  'https://github.com/a?b',
  '--upload-pack=x',
]) {
  test(`parseGitUrl refuses ${text}`, () => assert.equal(parseGitUrl(text).ok, false))
}

function settings(
  variables: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>> = {},
): AgentSettings {
  return readAgentSettings({ ...least, ...variables }, reader(more))
}

function reader(more: Readonly<Record<string, string>>): (path: string) => string {
  return (path) => {
    const text = { ...files, ...more }[path]
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    return text
  }
}
