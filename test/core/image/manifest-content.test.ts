import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseImageConfig, parseManifestContent } from '../../../src/core/image/manifest-content.ts'
import { type ManifestType, manifestTypes } from '../../../src/core/image/manifest-type.ts'

const [index, manifest, dockerList, dockerManifest] = manifestTypes
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
const entry = (letter: string, more: object = {}) => ({
  mediaType: manifest,
  digest: digest(letter),
  size: 7,
  platform: { os: 'linux', architecture: 'amd64' },
  ...more,
})
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest('c'), size: 7 }

const readings: readonly (readonly [name: string, type: ManifestType, body: unknown, expected: unknown])[] = [
  [
    'an index',
    index,
    { manifests: [entry('a'), entry('b', { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } })] },
    {
      kind: 'index',
      entries: [
        { digest: digest('a'), platform: 'linux/amd64' },
        { digest: digest('b'), platform: 'linux/arm64' },
      ],
      annotations: {},
    },
  ],
  [
    'a list of Docker',
    dockerList,
    { mediaType: dockerList, manifests: [entry('a')] },
    { kind: 'index', entries: [{ digest: digest('a'), platform: 'linux/amd64' }], annotations: {} },
  ],
  [
    'no attestations, by platform or by annotation',
    index,
    {
      manifests: [
        entry('a', { platform: { os: 'unknown', architecture: 'unknown' } }),
        entry('b', { platform: undefined, annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }),
      ],
    },
    { kind: 'index', entries: [], annotations: {} },
  ],
  [
    'an image whose platform only its config says',
    index,
    { manifests: [entry('a', { platform: undefined })] },
    { kind: 'index', entries: [{ digest: digest('a'), platform: undefined }], annotations: {} },
  ],
  [
    'the annotations that we show, and no other',
    index,
    {
      manifests: [],
      annotations: {
        'org.opencontainers.image.source': 'https://github.com/acme/app',
        'org.opencontainers.image.revision': 'x'.repeat(513),
        'org.opencontainers.image.version': 'a\u0000b',
        'org.opencontainers.image.created': 7,
        'org.example.more': 'x',
      },
    },
    { kind: 'index', entries: [], annotations: { source: 'https://github.com/acme/app' } },
  ],
  [
    'an image',
    manifest,
    { mediaType: manifest, config, layers: [] },
    { kind: 'image', config: { digest: digest('c'), size: 7 }, annotations: {} },
  ],
  [
    'an image of Docker',
    dockerManifest,
    { config: { ...config, mediaType: 'application/vnd.docker.container.image.v1+json' } },
    { kind: 'image', config: { digest: digest('c'), size: 7 }, annotations: {} },
  ],
  [
    'a chart as no image',
    manifest,
    { config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' } },
    { kind: 'image', config: undefined, annotations: {} },
  ],
]

for (const [name, type, body, expected] of readings) {
  test(`parseManifestContent reads ${name}`, () => {
    assert.deepEqual(parseManifestContent(body, type), { ok: true, value: expected })
  })
}

const refusals: readonly (readonly [name: string, type: ManifestType, body: unknown, says: RegExp])[] = [
  ['no object', index, 7, /expected a manifest/],
  ['another type than its content type', index, { mediaType: manifest, manifests: [] }, /as its content type says/],
  ['a media type that is no text', manifest, { mediaType: {}, config }, /got `object`/],
  ['an index without a list', index, { manifests: {} }, /a list `manifests`/],
  ['an image without a digest', index, { manifests: [{ size: 1 }] }, /a digest for each image/],
  ['a digest that is a path', index, { manifests: [entry('a', { digest: '../../token' })] }, /a digest for each image/],
  [
    'an index of a thousand',
    index,
    { manifests: Array.from({ length: 1000 }, () => entry('a')) },
    /at most 256 images/,
  ],
  ['an image without a config', manifest, { layers: [] }, /with a config/],
  [
    'a config with a path as digest',
    manifest,
    { config: { ...config, digest: '../x' } },
    /a config with digest and size/,
  ],
  ['a config of a negative size', manifest, { config: { ...config, size: -1 } }, /a config with digest and size/],
]

for (const [name, type, body, says] of refusals) {
  test(`parseManifestContent refuses ${name}`, () => {
    const content = parseManifestContent(body, type)
    assert.ok(!content.ok)
    assert.match(content.problems[0].message, says)
  })
}

test('parseImageConfig reads when, for what and from where', () => {
  const labels = { 'org.opencontainers.image.revision': 'abc', other: 'x' }
  assert.deepEqual(
    parseImageConfig({ created: '2026-01-01T00:00:00Z', os: 'linux', architecture: 'arm', config: { Labels: labels } }),
    { ok: true, value: { created: '2026-01-01T00:00:00Z', platform: 'linux/arm/v7', labels: { revision: 'abc' } } },
  )
})

test('parseImageConfig takes the time of a label where the config has none', () => {
  const created = '2026-01-01T00:00:00Z'
  const body = { config: { Labels: { 'org.opencontainers.image.created': created } } }
  assert.deepEqual(parseImageConfig(body), { ok: true, value: { created, platform: undefined, labels: { created } } })
})

test('parseImageConfig reads what has no labels', () => {
  const expected = { ok: true, value: { created: undefined, platform: undefined, labels: {} } }
  for (const body of [{}, { config: null }, { config: { Labels: null } }])
    assert.deepEqual(parseImageConfig(body), expected)
})

test('both answer whatever they are given', () => {
  const object = fc.dictionary(
    fc.constantFrom('manifests', 'config', 'annotations', 'mediaType', 'created'),
    fc.anything(),
  )
  fc.assert(
    fc.property(fc.oneof(fc.anything(), object), fc.constantFrom(...manifestTypes), (body, type) => {
      assert.equal(typeof parseManifestContent(body, type).ok, 'boolean')
      assert.equal(typeof parseImageConfig(body).ok, 'boolean')
    }),
  )
})
