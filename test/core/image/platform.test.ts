import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { missingPlatforms, platformOf } from '../../../src/core/image/platform.ts'

const rows: readonly (readonly [os: unknown, architecture: unknown, variant: unknown, expected: string | undefined])[] =
  [
    ['linux', 'amd64', undefined, 'linux/amd64'],
    ['linux', 'amd64', 'v1', 'linux/amd64'],
    ['linux', 'amd64', 'v3', 'linux/amd64/v3'],
    ['linux', 'arm64', undefined, 'linux/arm64'],
    ['linux', 'arm64', 'v8', 'linux/arm64'],
    ['linux', 'arm', undefined, 'linux/arm/v7'],
    ['linux', 'arm', 'v6', 'linux/arm/v6'],
    ['Linux', 'x86_64', '', 'linux/amd64'],
    ['linux', 'aarch64', 'v8', 'linux/arm64'],
    ['windows', 'amd64', undefined, 'windows/amd64'],
    ['unknown', 'unknown', undefined, undefined],
    ['linux', '', undefined, undefined],
    ['linux', 7, undefined, undefined],
    [undefined, 'amd64', undefined, undefined],
    ['linux/../x', 'amd64', undefined, undefined],
    ['linux', 'amd64', '`x`', 'linux/amd64'],
  ]

for (const [os, architecture, variant, expected] of rows) {
  test(`platformOf calls ${String(os)}, ${String(architecture)}, ${String(variant)} ${expected ?? 'no platform'}`, () => {
    assert.equal(platformOf(os, architecture, variant), expected)
  })
}

test('missingPlatforms says what would no longer run', () => {
  assert.deepEqual(missingPlatforms(['linux/arm64', 'linux/amd64'], ['linux/amd64', 'linux/s390x']), ['linux/arm64'])
  assert.deepEqual(missingPlatforms([], ['linux/amd64']), [])
  assert.deepEqual(missingPlatforms(['linux/arm64', 'linux/amd64'], []), ['linux/amd64', 'linux/arm64'])
})

test('platformOf has one line for whatever it is given', () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.anything(), (os, architecture, variant) => {
      assert.match(platformOf(os, architecture, variant) ?? 'a/b', /^[a-z0-9._-]+(?:\/[a-z0-9._-]+){1,2}$/)
    }),
  )
})
