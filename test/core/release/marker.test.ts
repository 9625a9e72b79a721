import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseImageName } from '../../../src/core/image/ref.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { formatReleaseMarker, parseReleaseMarker } from '../../../src/core/release/marker.ts'
import { cluster, image } from '../../support/facts.ts'

describe('the marker of a release', () => {
  test('comes back as it was written, whatever the tags', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (tags) => {
        const marker = { cluster, image, tags, uses: tags }
        const text = `text before\n${formatReleaseMarker(marker)}\ntext after`
        assert.deepEqual(parseReleaseMarker(text), marker)
      }),
    )
  })

  test('cannot be ended by what it holds', () => {
    const hostile = guaranteed(parseImageName('eu.gcr.io/a--b/c'))
    const text = formatReleaseMarker({ cluster, image: hostile, tags: ['1--2', '-->'], uses: [] })
    assert.equal(text.indexOf('--', 4), text.length - 3)
    assert.deepEqual(parseReleaseMarker(text), { cluster, image: hostile, tags: ['1--2', '-->'], uses: [] })
  })

  const broken = [
    'no marker at all',
    '<!-- lotse:release {} -->',
    '<!-- lotse:release {"cluster":"production"} -->',
    '<!-- lotse:release {"cluster":"../x","image":"eu.gcr.io/a/b","tags":[]} -->',
    '<!-- lotse:release {"cluster":"production","image":"UPPER","tags":[]} -->',
    '<!-- lotse:release {"cluster":"production","image":"eu.gcr.io/a/b","tags":[1]} -->',
    '<!-- lotse:release {"cluster":"production","image":"eu.gcr.io/a/b","tags":"1"} -->',
    '<!-- lotse:release {not json} -->',
    '<!-- lotse:release {"cluster":{"toString":1},"image":[],"tags":[]} -->',
  ]
  for (const body of broken) test(`is not read from ${body}`, () => assert.equal(parseReleaseMarker(body), undefined))
})
