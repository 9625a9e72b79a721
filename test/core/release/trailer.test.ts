import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ReleaseMarker } from '../../../src/core/release/marker.ts'
import { formatReleaseTrailer, parseReleaseTrailer, withReleaseTrailer } from '../../../src/core/release/trailer.ts'
import { cluster, image } from '../../support/facts.ts'

const marker: ReleaseMarker = { cluster, of: { kind: 'image', image }, uses: ['5f0a1b2c.a1b2c3d4e5f6'] }
const markers: readonly ReleaseMarker[] = [
  marker,
  { ...marker, of: { kind: 'all' }, uses: [] },
  { ...marker, of: { kind: 'workload', workload: 'demo:deployment/a--b>ü\n' as never } },
]

describe('formatReleaseTrailer and parseReleaseTrailer', () => {
  for (const one of markers) {
    test(`bring back what a ${one.of.kind} is about`, () => {
      const trailer = formatReleaseTrailer(one)
      assert.match(trailer, /^Lotse-Release: \{.*\}$/)
      assert.deepEqual(parseReleaseTrailer(withReleaseTrailer('Auto-release x:1\n\n- x\n', one)), one)
    })
  }
})

test('withReleaseTrailer puts it into a paragraph of its own, at the end', () => {
  assert.equal(
    withReleaseTrailer('Auto-release x:1\n', marker),
    `Auto-release x:1\n\n${formatReleaseTrailer(marker)}\n`,
  )
})

describe('parseReleaseTrailer finds none', () => {
  const trailer = formatReleaseTrailer(marker)
  const rows: Readonly<Record<string, string>> = {
    'in a message without': 'Auto-release x:1',
    'in nothing': '',
    'where it is not the last line': `${trailer}\nmore`,
    'where it is quoted': `Revert\n\n> ${trailer}`,
    'in what is no JSON': 'Lotse-Release: {x}',
    'in the marker of a pull request': '<!-- lotse:release {"cluster":"production","all":true,"uses":[]} -->',
  }
  for (const [name, message] of Object.entries(rows)) {
    test(name, () => assert.equal(parseReleaseTrailer(message), undefined))
  }
})
