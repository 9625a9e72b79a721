import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseImageName } from '../../../src/core/image/ref.ts'
import { workloadId } from '../../../src/core/manifest/resource.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import type { GroupOf } from '../../../src/core/release/group.ts'
import { type ReleaseMarker, formatReleaseMarker, parseReleaseMarker } from '../../../src/core/release/marker.ts'
import { cluster, image } from '../../support/facts.ts'

const ofAnything: fc.Arbitrary<GroupOf> = fc.oneof(
  fc.constant<GroupOf>({ kind: 'image', image }),
  fc
    .string({ unit: 'binary', maxLength: 300 })
    .map((name): GroupOf => ({ kind: 'workload', workload: workloadId({ kind: 'Deployment', name }) })),
  fc.constant<GroupOf>({ kind: 'all' }),
)

describe('the marker of a release', () => {
  test('comes back as it was written, whatever it is of', () => {
    fc.assert(
      fc.property(ofAnything, fc.array(fc.string({ unit: 'binary' })), (of, uses) => {
        const marker: ReleaseMarker = { cluster, of, uses }
        const text = formatReleaseMarker(marker)
        assert.match(text, /^<!-- lotse:release [ -~]*\} -->$/)
        assert.equal(text.indexOf('--', 4), text.length - 3)
        assert.deepEqual(parseReleaseMarker(`text before\n${text}\ntext after -->`), marker)
      }),
    )
  })

  test('cannot be ended by what it holds', () => {
    const hostile = guaranteed(parseImageName('eu.gcr.io/a--b/c'))
    const marker: ReleaseMarker = { cluster, of: { kind: 'image', image: hostile }, uses: ['1--2', '} -->', '---'] }
    const text = formatReleaseMarker(marker)
    assert.equal(text.indexOf('--', 4), text.length - 3)
    assert.deepEqual(parseReleaseMarker(text), marker)
  })

  test('is read as it was written before there were groups', () => {
    const body = `Text\n\n<!-- lotse:release {"cluster":"production","image":"${image}","tags":["1.2.1"],"uses":["a1b2c3d4e5f6"]} -->`
    assert.deepEqual(parseReleaseMarker(body), { cluster, of: { kind: 'image', image }, uses: ['a1b2c3d4e5f6'] })
  })

  const broken = [
    'no marker at all',
    '<!-- lotse:release {} -->',
    '<!-- lotse:release {"cluster":"production"} -->',
    '<!-- lotse:release {"cluster":"production","uses":[]} -->',
    '<!-- lotse:release {"cluster":"production","all":false,"uses":[]} -->',
    '<!-- lotse:release {"cluster":"../x","image":"eu.gcr.io/a/b","uses":[]} -->',
    '<!-- lotse:release {"cluster":"production","image":"UPPER","uses":[]} -->',
    '<!-- lotse:release {"cluster":"production","image":"eu.gcr.io/a/b"} -->',
    '<!-- lotse:release {"cluster":"production","image":"eu.gcr.io/a/b","uses":[1]} -->',
    '<!-- lotse:release {"cluster":"production","image":"eu.gcr.io/a/b","uses":"1"} -->',
    '<!-- lotse:release {not json} -->',
    '<!-- lotse:release {"cluster":{"toString":1},"image":[],"uses":[]} -->',
  ]
  for (const body of broken) test(`is not read from ${body}`, () => assert.equal(parseReleaseMarker(body), undefined))
})
