import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { loginIn } from '../../../src/io/registry/docker-config.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const auth = { auth: base64('bot:a password') }
const bytes = (config: unknown): Buffer => Buffer.from(typeof config === 'string' ? config : JSON.stringify(config))

/** `bot:a password`, `identity a token`, `program ecr-login for HOST` or `none`. */
function shown(config: unknown, host: string): string {
  const login = loginIn(bytes(config), host)
  assert.ok(login.ok, JSON.stringify(login))
  switch (login.value?.kind) {
    case undefined:
      return 'none'
    case 'password':
      return `${login.value.username}:${login.value.password.reveal()}`
    case 'identity-token':
      return `identity ${login.value.token.reveal()}`
    case 'registry-token':
      return `registry ${login.value.token.reveal()}`
    case 'program':
      return `program ${login.value.program} for ${login.value.server}`
  }
}

const spellings: readonly (readonly [written: string, host: string])[] = [
  ['ghcr.io', 'ghcr.io'],
  ['GHCR.io', 'ghcr.io'],
  ['https://ghcr.io', 'ghcr.io'],
  ['https://ghcr.io/', 'ghcr.io'],
  ['https://ghcr.io/v2/', 'ghcr.io'],
  ['http://registry.example.org:5000/v1', 'registry.example.org:5000'],
  ['https://index.docker.io/v1/', 'docker.io'],
  ['index.docker.io', 'docker.io'],
  ['docker.io', 'docker.io'],
  ['registry-1.docker.io', 'docker.io'],
]
for (const [written, host] of spellings)
  test(`loginIn finds ${host} written as ${written}`, () =>
    assert.equal(shown({ auths: { [written]: auth } }, host), 'bot:a password'))

const others: readonly string[] = [
  'ghcr.io.evil.example',
  'ghcr.io:443',
  'ghcr.io/acme',
  'https://ghcr.io@evil.example',
  '*',
  '',
]
for (const written of others)
  test(`loginIn takes \`${written}\` for another one than ghcr.io`, () =>
    assert.equal(shown({ auths: { [written]: auth } }, 'ghcr.io'), 'none'))

const entries: readonly (readonly [name: string, entry: object, expected: string])[] = [
  ['a password with colons', { auth: base64('bot:a:b:c') }, 'bot:a:b:c'],
  ['a password that an old client padded', { auth: base64('bot:secret\0\0') }, 'bot:secret'],
  ['username and password', { username: 'bot', password: 'a password' }, 'bot:a password'],
  ['auth before username and password', { ...auth, username: 'x', password: 'y' }, 'bot:a password'],
  ['a JSON key as password', { username: '_json_key', password: '{"a":"b"}' }, '_json_key:{"a":"b"}'],
  ['an identity token', { auth: base64('<token>:'), identitytoken: 'a token' }, 'identity a token'],
  ['a token for the registry itself', { registrytoken: 'a-token', username: 'x', password: 'y' }, 'registry a-token'],
  ['nothing in an entry that was logged out', {}, 'none'],
  ['nothing in half a login', { username: 'bot' }, 'none'],
]
for (const [name, entry, expected] of entries)
  test(`loginIn reads ${name}`, () => assert.equal(shown({ auths: { 'ghcr.io': entry } }, 'ghcr.io'), expected))

test('loginIn reads the entry that has a login, where a host is written twice', () => {
  assert.equal(
    shown({ auths: { 'docker.io': {}, 'https://index.docker.io/v1/': auth } }, 'docker.io'),
    'bot:a password',
  )
})

const ecr = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const programs: readonly (readonly [name: string, config: object, host: string, expected: string])[] = [
  ['of a host', { credHelpers: { [ecr]: 'ecr-login' } }, ecr, `program ecr-login for ${ecr}`],
  [
    'of a host before a login',
    { auths: { 'gcr.io': auth }, credHelpers: { 'gcr.io': 'gcloud' } },
    'gcr.io',
    'program gcloud for gcr.io',
  ],
  [
    'of a host, as it is written',
    { credHelpers: { 'https://GHCR.io': 'x' } },
    'ghcr.io',
    'program x for https://GHCR.io',
  ],
  ['of no other host', { auths: {}, credHelpers: { 'gcr.io': 'gcloud' } }, 'ghcr.io', 'none'],
  ['of all hosts after a login', { auths: { 'ghcr.io': auth }, credsStore: 'pass' }, 'ghcr.io', 'bot:a password'],
  ['of all hosts', { credsStore: 'pass' }, 'ghcr.io', 'program pass for ghcr.io'],
  [
    'of all hosts, where a login left its name',
    { auths: { 'https://ghcr.io': {} }, credsStore: 'pass' },
    'ghcr.io',
    'program pass for https://ghcr.io',
  ],
  ['of all hosts, for Docker Hub', { credsStore: 'pass' }, 'docker.io', 'program pass for https://index.docker.io/v1/'],
]
for (const [name, config, host, expected] of programs)
  test(`loginIn finds the program ${name}`, () => assert.equal(shown(config, host), expected))

const refusals: readonly (readonly [name: string, config: unknown, says: RegExp])[] = [
  ['no JSON', 'secret', /expected a docker config/],
  ['a list', [], /expected a docker config/],
  ['no object of logins', { auths: ['ghcr.io'] }, /expected `auths` to be an object/],
  ['an entry that is none', { auths: { 'ghcr.io': 'secret' } }, /expected an object for `ghcr.io`/],
  ['no base64 of two', { auths: { 'ghcr.io': { auth: base64('secret') } } }, /`username:password` in base64/],
  ['a nameless login', { auths: { 'ghcr.io': { auth: base64(':secret') } } }, /`username:password` in base64/],
  ['a program by its path', { credHelpers: { 'ghcr.io': '../secret' } }, /`credHelpers` to name a program/],
  ['a program with arguments', { credsStore: 'secret --all' }, /`credsStore` to name a program/],
  ['a program that is none', { credsStore: ['secret'] }, /`credsStore` to name a program/],
  ['a program without a name', { credHelpers: { 'ghcr.io': '' } }, /`credHelpers` to name a program/],
  [
    'a token that would end its header',
    { auths: { 'ghcr.io': { registrytoken: 'secret\r\nx: y' } } },
    /`registrytoken`/,
  ],
]
for (const [name, config, says] of refusals)
  test(`loginIn refuses ${name}, and tells no secret`, () => {
    const login = loginIn(bytes(config), 'ghcr.io')
    assert.ok(!login.ok)
    assert.match(login.problems[0].message, says)
    assert.doesNotMatch(JSON.stringify(login), /secret/)
  })

test('loginIn answers whatever it is given', () => {
  const config = fc.record({ auths: fc.dictionary(fc.constantFrom('ghcr.io', 'docker.io'), fc.jsonValue()) })
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), config), (value) => {
      assert.equal(typeof loginIn(bytes(value), 'ghcr.io').ok, 'boolean')
    }),
  )
})
