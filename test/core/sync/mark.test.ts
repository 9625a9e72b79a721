import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appliedHash, isOurs, marked } from '../../../src/core/sync/mark.ts'
import { parseSyncId } from '../../../src/core/sync/sync-id.ts'
import { liveOf, namespace, object, otherSyncId, syncId } from './objects.ts'

test('a sync id is 12 hex digits, another for each cluster', () => {
  assert.match(syncId, /^[0-9a-f]{12}$/)
  assert.notEqual(syncId, otherSyncId)
  assert.deepEqual(parseSyncId(syncId), { ok: true, value: syncId })
  assert.equal(parseSyncId('0123456789AB').ok, false)
})

test('marked adds a label and two annotations, and touches nothing else', () => {
  const source = object({ spec: { template: { metadata: { labels: { app: 'web' } } } } }, { labels: { app: 'web' } })
  assert.deepEqual(marked(source, syncId), {
    ...source,
    metadata: {
      ...source.metadata,
      labels: { app: 'web', 'lotse.dev/sync': syncId },
      annotations: {
        'lotse.dev/mark': `${syncId}:apps/Deployment:demo/web`,
        'lotse.dev/applied': appliedHash(source),
      },
    },
  })
})

test('marked names an object outside of namespaces', () => {
  const { annotations } = liveOf(namespace('demo').object)
  assert.equal(annotations['lotse.dev/mark'], `${syncId}:/Namespace:/demo`)
})

test('appliedHash is the same in whatever order the keys come, and another for another value', () => {
  assert.equal(appliedHash(object({ spec: { a: 1, b: 2 } })), appliedHash(object({ spec: { b: 2, a: 1 } })))
  assert.notEqual(appliedHash(object({ spec: { a: 1 } })), appliedHash(object({ spec: { a: 2 } })))
})

const ours = liveOf(object())
const whose = {
  'ours, which we have marked': [ours, 'ours'],
  'ours without the label, which proves nothing': [{ ...ours, labels: {} }, 'ours'],
  'foreign without a mark': [{ ...ours, annotations: {} }, 'foreign'],
  'foreign with the label alone': [{ ...ours, annotations: {}, labels: { 'lotse.dev/sync': syncId } }, 'foreign'],
  'foreign with a mark copied from another name': [{ ...ours, name: 'web-copy' }, 'foreign'],
  'foreign with a mark copied from another namespace': [{ ...ours, namespace: 'copy' }, 'foreign'],
  'foreign with a mark copied from another kind': [{ ...ours, kind: 'ReplicaSet' }, 'foreign'],
  'foreign with a mark of another group': [{ ...ours, apiVersion: 'extensions/v1beta1' }, 'foreign'],
  'foreign with a mark that is none': [{ ...ours, annotations: { 'lotse.dev/mark': 'x' } }, 'foreign'],
  'ours in another version of the group': [{ ...ours, apiVersion: 'apps/v2' }, 'ours'],
  "another sync's, by its mark": [
    { ...ours, annotations: { 'lotse.dev/mark': `${otherSyncId}:apps/Deployment:demo/web` } },
    'other-sync',
  ],
  "foreign with a copy of another sync's mark": [
    { ...ours, annotations: { 'lotse.dev/mark': `${otherSyncId}:apps/Deployment:demo/other` } },
    'foreign',
  ],
} as const

for (const [name, [live, expected]] of Object.entries(whose)) {
  test(`isOurs says ${name}`, () => assert.equal(isOurs(live, syncId), expected))
}
