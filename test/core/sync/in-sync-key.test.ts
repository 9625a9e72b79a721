import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inSyncKey } from '../../../src/core/sync/in-sync-key.ts'
import type { LiveMetadata } from '../../../src/core/sync/live-metadata.ts'
import { entry, liveOf, object } from './objects.ts'

const ours = entry({ manager: 'lotse', operation: 'Apply' })
const theirs = entry({ fieldsV1: { 'f:a': {}, 'f:b': {} } })
const live = liveOf(object(), { managedFields: [ours, theirs] })

const unchanged: Readonly<Record<string, Partial<LiveMetadata>>> = {
  'a write of the status': { managedFields: [ours, theirs, entry({ manager: 'kubelet', subresource: 'status' })] },
  'another resourceVersion': { resourceVersion: '8' },
  'the time of an entry': { managedFields: [ours, { ...theirs, time: '2026-12-01T00:00:00Z' }] },
  'the version that an entry is written in': { managedFields: [{ ...ours, apiVersion: 'apps/v2' }, theirs] },
  'the order of the entries': { managedFields: [theirs, ours] },
  'the order of the paths': { managedFields: [ours, { ...theirs, fieldsV1: { 'f:b': {}, 'f:a': {} } }] },
}

const changed: Readonly<Record<string, Partial<LiveMetadata>>> = {
  'another uid': { uid: 'another' },
  'another generation': { generation: 2 },
  'a path that was lost': { managedFields: [{ ...ours, fieldsV1: {} }, theirs] },
  'a path that somebody added': { managedFields: [ours, theirs, entry({ manager: 'somebody' })] },
  'an entry that went': { managedFields: [ours] },
  'no entry': { managedFields: [] },
}

for (const [name, changes] of Object.entries(unchanged)) {
  test(`inSyncKey is unchanged by ${name}`, () => assert.equal(inSyncKey({ ...live, ...changes }), inSyncKey(live)))
}

for (const [name, changes] of Object.entries(changed)) {
  test(`inSyncKey is changed by ${name}`, () => assert.notEqual(inSyncKey({ ...live, ...changes }), inSyncKey(live)))
}
