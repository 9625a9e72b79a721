import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { type BotSettings, parseBotSettings, readBotSettings } from '../../src/runtime/settings.ts'

const pem = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString()
const ecPem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
const long = 'x'.repeat(32)
const least = { APP_ID: '123456', PRIVATE_KEY: pem, WEBHOOK_SECRET: long }

test('readBotSettings fills in the defaults', () => {
  const { github, webhookSecrets, ...others } = settings({})
  assert.equal(github.appId, 123_456)
  assert.equal(github.privateKey.reveal(), pem.trim())
  assert.equal(github.apiUrl, 'https://api.github.com')
  assert.equal(github.graphqlUrl, 'https://api.github.com/graphql')
  assert.deepEqual(
    webhookSecrets.map((secret) => secret.reveal()),
    [long],
  )
  assert.deepEqual(others, {
    host: '0.0.0.0',
    port: 3000,
    log: { level: 'info', format: 'json' },
    database: { kind: 'folder', path: './.lotse/bot' },
    databaseSchema: 'lotse',
    registries: [],
    refreshIntervalMs: 300_000,
  })
})

test('readBotSettings reads what is set', () => {
  const read = settings({
    PRIVATE_KEY: pem.replaceAll('\n', '\\n'),
    WEBHOOK_SECRET_PREVIOUS: 'y'.repeat(32),
    GITHUB_API_URL: 'https://github.acme.test/api/v3/',
    DATABASE_URL: 'postgres://lotse:pass@db/lotse',
    REGISTRIES: JSON.stringify([
      { host: 'docker.io' },
      { host: '127.0.0.1:5000', url: 'http://127.0.0.1:5000/', username: 'u', password: 'p' },
      { host: 'registry.acme.test', tokenServer: 'https://gitlab.acme.test' },
    ]),
    REGISTRY_WEBHOOK_SECRET: long,
    REFRESH_INTERVAL: '90s',
  })
  assert.equal(read.github.privateKey.reveal(), pem.trim())
  assert.equal(read.webhookSecrets.length, 2)
  assert.equal(read.github.graphqlUrl, 'https://github.acme.test/api/graphql')
  assert.equal(read.database.kind, 'server')
  const [hub, local, own] = read.registries
  assert.deepEqual(hub, { host: 'docker.io' })
  assert.deepEqual(
    [local?.host, local?.url, local?.username, local?.password?.reveal()],
    ['127.0.0.1:5000', 'http://127.0.0.1:5000', 'u', 'p'],
  )
  assert.deepEqual(own, { host: 'registry.acme.test', tokenServer: 'https://gitlab.acme.test' })
  assert.equal(read.registryWebhookSecret?.reveal(), long)
  assert.equal(read.refreshIntervalMs, 90_000)
})

test('readBotSettings reads key and registries from files', () => {
  const files: Readonly<Record<string, string>> = { 'key.pem': pem, 'registries.json': '[{"host":"ghcr.io"}]' }
  const result = parseBotSettings(
    { ...least, PRIVATE_KEY: '', PRIVATE_KEY_PATH: 'key.pem', REGISTRIES_FILE: 'registries.json' },
    (path) => files[path] ?? assert.fail(path),
  )
  assert.ok(result.ok)
  assert.deepEqual(result.value.registries, [{ host: 'ghcr.io' }])
})

const wrong: readonly (readonly [variables: Readonly<Record<string, string>>, problems: readonly string[]])[] = [
  [{ APP_ID: 'abc' }, ['APP_ID: expected a whole number from 1 to 9007199254740991, got `abc`']],
  [{ PRIVATE_KEY: '' }, ['PRIVATE_KEY: expected a value, got none']],
  [{ PRIVATE_KEY: '  ' }, ['PRIVATE_KEY: expected a value, got none']],
  [{ PRIVATE_KEY: 'nonsense' }, ['PRIVATE_KEY: expected an RSA private key as PEM, beginning with `-----BEGIN`']],
  [{ PRIVATE_KEY: ecPem }, ['PRIVATE_KEY: expected an RSA private key as PEM, beginning with `-----BEGIN`']],
  [
    { PRIVATE_KEY: '', PRIVATE_KEY_PATH: 'none.pem' },
    ['PRIVATE_KEY_PATH: expected a readable file, got `none.pem` (ENOENT)'],
  ],
  [{ WEBHOOK_SECRET: 'short' }, ['WEBHOOK_SECRET: expected at least 32 bytes, got 5']],
  [{ REGISTRY_WEBHOOK_SECRET: 'short' }, ['REGISTRY_WEBHOOK_SECRET: expected at least 32 bytes, got 5']],
  [{ AGENT_LINK_KEY: pem }, ['AGENT_LINK_KEY: expected an Ed25519 private key in PEM (PKCS8), got something else']],
  [
    { AGENT_LINK_KEY: 'nonsense' },
    ['AGENT_LINK_KEY: expected an Ed25519 private key in PEM (PKCS8), got something else'],
  ],
  [{ AGENT_LINK_KEY_PATH: 'none.pem' }, ['AGENT_LINK_KEY_PATH: expected a readable file, got `none.pem` (ENOENT)']],
  [{ PORT: '70000' }, ['PORT: expected a whole number from 0 to 65535, got `70000`']],
  [{ LOG_FORMAT: 'xml' }, ['LOG_FORMAT: expected one of json, text, got `xml`']],
  [{ DATABASE_URL: 'mysql://u:hidden@h/d' }, ['DATABASE_URL: expected an address that begins with `postgres://`']],
  [{ GITHUB_API_URL: 'ftp://x' }, ['GITHUB_API_URL: expected an http or https address, got `ftp://x`']],
  [{ DATABASE_SCHEMA: 'a-b' }, ['DATABASE_SCHEMA: expected lower-case letters, digits and `_`, at most 41, got `a-b`']],
  [{ REFRESH_INTERVAL: '5' }, ['REFRESH_INTERVAL: expected a duration from 1s to 24h, such as `90s` or `5m`, got `5`']],
  [{ REGISTRIES: '{}' }, ['REGISTRIES: expected a JSON list such as `[{"host":"ghcr.io"}]`']],
  [
    { REGISTRIES: '[{"host":"ghcr.io","password":"hidden"},{"hots":"x"}]' },
    [
      'REGISTRIES: entry 1: expected both `username` and `password`, or none',
      'REGISTRIES: entry 2: unknown field `hots`, expected host, username, password, dockerConfig, url, tokenServer',
      'REGISTRIES: entry 2: `host`: expected a host name such as `ghcr.io`',
    ],
  ],
  [
    { REGISTRIES: '[{"host":"ghcr.io","tokenServer":"hidden"}]' },
    ['REGISTRIES: entry 1: `tokenServer`: expected an http or https address'],
  ],
  [
    { APP_ID: '', WEBHOOK_SECRET: '', PORT: 'x' },
    [
      'APP_ID: expected a value, got none',
      'WEBHOOK_SECRET: expected a value, got none',
      'PORT: expected a whole number from 0 to 65535, got `x`',
    ],
  ],
]

for (const [variables, problems] of wrong) {
  test(`readBotSettings refuses ${Object.keys(variables).join(', ')}: ${problems.length} problems`, () => {
    const result = read(variables)
    assert.ok(!result.ok)
    assert.deepEqual(
      result.problems.map((problem) => problem.message),
      problems,
    )
    assert.doesNotMatch(JSON.stringify(result), /hidden|nonsense/)
  })
}

test('readBotSettings reads the key for agents, from a variable or a file', () => {
  const link = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim()
  assert.equal(settings({ AGENT_LINK_KEY: link.replaceAll('\n', '\\n') }).agentLinkKey?.reveal(), link)
  const { agentLinkKey } = readBotSettings({ ...least, AGENT_LINK_KEY_PATH: './link.pem' }, () => `${link}\n`)
  assert.equal(agentLinkKey?.reveal(), link)
  assert.equal(settings({}).agentLinkKey, undefined)
})

test('readBotSettings says everything that is wrong in one error', () => {
  assert.throws(() => readBotSettings({ ...least, PORT: 'x', LOG_LEVEL: 'loud' }), {
    name: 'UserError',
    message: /PORT: [^]*\n {2}LOG_LEVEL: |LOG_LEVEL: [^]*\n {2}PORT: /,
  })
})

test('readBotSettings gives secrets that do not print', () => {
  const read = settings({ DATABASE_URL: 'postgres://u:hidden@h/d' })
  for (const text of [JSON.stringify(read), inspect(read, { depth: 9 })]) assert.doesNotMatch(text, /hidden|BEGIN|xxxx/)
})

function read(variables: Readonly<Record<string, string>>) {
  return parseBotSettings({ ...least, ...variables }, (path) => {
    throw Object.assign(new Error(path), { code: 'ENOENT' })
  })
}

function settings(variables: Readonly<Record<string, string>>): BotSettings {
  const result = read(variables)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}
