import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubernetesObject } from '../../../src/core/manifest/kubernetes-object.ts'
import { differs } from '../../../src/core/sync/differs.ts'
import { object } from './objects.ts'

const live = object({ status: { replicas: 2 } }, { labels: { app: 'web' } })

const same: Readonly<Record<string, KubernetesObject>> = {
  itself: live,
  'another status': { ...live, status: { replicas: 3 } },
  'what the server writes': object(
    {},
    {
      labels: { app: 'web' },
      generation: 2,
      resourceVersion: '9',
      managedFields: [],
      creationTimestamp: null,
      uid: 'x',
    },
  ),
  'an empty map of annotations': object({}, { labels: { app: 'web' }, annotations: {} }),
  'another order of keys': {
    metadata: live.metadata,
    spec: live['spec'] ?? null,
    kind: live.kind,
    apiVersion: live.apiVersion,
  },
}

const other: Readonly<Record<string, KubernetesObject>> = {
  'another value': object({ spec: { replicas: 3 } }, { labels: { app: 'web' } }),
  'a label more': object({}, { labels: { app: 'web', by: 'hand' } }),
  'a label less': object(),
  'an annotation more': object({}, { labels: { app: 'web' }, annotations: { note: '1' } }),
  'a finalizer': object({}, { labels: { app: 'web' }, finalizers: ['x'] }),
  'an empty map outside of the metadata': object({ spec: { replicas: 2, selector: {} } }, { labels: { app: 'web' } }),
  'a large number by one': object({ spec: { replicas: 9007199254740993n } }, { labels: { app: 'web' } }),
}

for (const [name, dryRun] of Object.entries(same)) {
  test(`differs says no of ${name}`, () => assert.equal(differs(live, dryRun), false))
}

for (const [name, dryRun] of Object.entries(other)) {
  test(`differs says yes of ${name}`, () => assert.equal(differs(live, dryRun), true))
}
