import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ListedManifest, readListedManifests } from '../../../src/core/image/listed-manifests.ts'

const digest = `sha256:${'a'.repeat(64)}`
const created = '2026-11-20T10:00:00.000Z'
const timeCreatedMs = String(Date.parse(created))

const rows: readonly (readonly [name: string, manifest: unknown, expected: readonly ListedManifest[]])[] = [
  ['nothing where there is nothing', undefined, []],
  [
    'what Google says',
    { [digest]: { tag: ['1.0', 'main'], timeCreatedMs } },
    [{ digest, tags: ['1.0', 'main'], created }],
  ],
  ['no time where there is none', { [digest]: { tag: ['main'], timeCreatedMs: '0' } }, [{ digest, tags: ['main'] }]],
  ['no time before 1970', { [digest]: { tag: ['a'], timeCreatedMs: '-62135596800000' } }, [{ digest, tags: ['a'] }]],
  ['no time that is no text', { [digest]: { tag: ['a'], timeCreatedMs: 1 } }, [{ digest, tags: ['a'] }]],
  ['nothing without a tag', { [digest]: { tag: [], timeCreatedMs } }, []],
  [
    'nothing that cannot be a tag',
    { [digest]: { tag: ['a b', 7, 'c'], timeCreatedMs } },
    [{ digest, tags: ['c'], created }],
  ],
  ['nothing that is no digest', { 'sha256:x': { tag: ['a'], timeCreatedMs } }, []],
  ['nothing of another form', [digest], []],
]

for (const [name, manifest, expected] of rows) {
  test(`readListedManifests reads ${name}`, () => {
    assert.deepEqual(readListedManifests({ name: 'project/demo', tags: [], manifest }), expected)
  })
}

test('readListedManifests takes any JSON', () => {
  fc.assert(fc.property(fc.jsonValue(), (manifest) => Array.isArray(readListedManifests({ manifest }))))
})
