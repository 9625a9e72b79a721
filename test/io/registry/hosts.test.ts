import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseImageName } from '../../../src/core/image/ref.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { Secret } from '../../../src/core/secret.ts'
import { UserError } from '../../../src/core/user-error.ts'
import { type RegistrySetting, placeOf, readHosts } from '../../../src/io/registry/hosts.ts'

const rows: readonly {
  name: string
  setting: RegistrySetting
  image: string
  at: string
  tokenServers: readonly string[]
}[] = [
  {
    name: 'a registry by its own name',
    setting: { host: 'ghcr.io' },
    image: 'ghcr.io/acme/app',
    at: 'https://ghcr.io acme/app',
    tokenServers: ['https://ghcr.io'],
  },
  {
    name: 'a registry with a port',
    setting: { host: 'Registry.example.org:5000' },
    image: 'registry.example.org:5000/app',
    at: 'https://registry.example.org:5000 app',
    tokenServers: ['https://registry.example.org:5000'],
  },
  {
    name: 'Docker Hub where its registry is',
    setting: { host: 'docker.io' },
    image: 'nginx',
    at: 'https://registry-1.docker.io library/nginx',
    tokenServers: ['https://registry-1.docker.io', 'https://auth.docker.io'],
  },
  {
    name: 'Docker Hub by another of its names',
    setting: { host: 'index.docker.io' },
    image: 'acme/app',
    at: 'https://registry-1.docker.io acme/app',
    tokenServers: ['https://registry-1.docker.io', 'https://auth.docker.io'],
  },
  {
    name: 'a mirror',
    setting: { host: 'eu.gcr.io', url: 'http://127.0.0.1:5055/' },
    image: 'eu.gcr.io/project/app',
    at: 'http://127.0.0.1:5055 project/app',
    tokenServers: ['http://127.0.0.1:5055'],
  },
  {
    name: 'a mirror of Docker Hub, whose password stays with it',
    setting: { host: 'docker.io', url: 'https://mirror.example.org' },
    image: 'nginx',
    at: 'https://mirror.example.org library/nginx',
    tokenServers: ['https://mirror.example.org'],
  },
  {
    name: 'a registry below a path, with a token server',
    setting: {
      host: 'a.example.org',
      url: 'https://b.example.org/api/docker',
      tokenServer: 'https://c.example.org/jwt',
    },
    image: 'a.example.org/app',
    at: 'https://b.example.org/api/docker app',
    tokenServers: ['https://b.example.org', 'https://c.example.org'],
  },
]

for (const { name, setting, image, at, tokenServers } of rows) {
  test(`placeOf finds ${name}`, () => {
    const place = placeOf(readHosts([setting]), guaranteed(parseImageName(image)))
    assert.equal(place.kind, 'place')
    assert.equal(`${place.host.base} ${place.path}`, at)
    assert.deepEqual(place.host.tokenServers, tokenServers)
  })
}

test('placeOf refuses a registry that is not allowed, and says what to do', () => {
  assert.deepEqual(placeOf(readHosts([{ host: 'ghcr.io' }]), guaranteed(parseImageName('evil.example/app'))), {
    kind: 'refused',
    because:
      "`evil.example` is not an allowed registry; an operator can add it to the registries in the bot's settings",
  })
})

const refusals: readonly { name: string; setting: RegistrySetting; says: RegExp }[] = [
  {
    name: 'a url that is none',
    setting: { host: 'a.example', url: 'a.example' },
    says: /expected an http\(s\) url .* `a.example`/,
  },
  {
    name: 'a url with a password',
    setting: { host: 'a.example', url: 'https://x:y@a.example' },
    says: /without credentials/,
  },
  { name: 'a url with a query', setting: { host: 'a.example', url: 'https://a.example?x' }, says: /http\(s\) url/ },
  { name: 'a url of another protocol', setting: { host: 'a.example', url: 'file:///etc' }, says: /http\(s\) url/ },
  { name: 'a host that is none', setting: { host: 'a b' }, says: /http\(s\) url/ },
  {
    name: 'a username without password',
    setting: { host: 'a.example', username: 'x' },
    says: /both username and password/,
  },
  {
    name: 'a password without username',
    setting: { host: 'a.example', password: new Secret('x') },
    says: /both username and password/,
  },
]

for (const { name, setting, says } of refusals) {
  test(`readHosts refuses ${name}`, () => {
    assert.throws(
      () => readHosts([setting]),
      (error) => error instanceof UserError && says.test(error.message),
    )
  })
}

test('readHosts refuses one registry twice, under whatever name', () => {
  assert.throws(
    () => readHosts([{ host: 'docker.io' }, { host: 'index.docker.io' }]),
    (error) => error instanceof UserError && error.message === 'expected the registry `docker.io` once, got it twice',
  )
})
