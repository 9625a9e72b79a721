import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMetadata, readObject } from '../../../src/io/kubernetes/metadata.ts'
import { configMaps } from './test-server.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const least = { name: 'web', uid: 'u', resourceVersion: '7' }
const none = { finalizers: [], labels: {}, annotations: {}, managedFields: [] }

test('readMetadata gives the kind that was asked for, and what is not there as nothing', () => {
  const partial = { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata: least }
  assert.deepEqual(readMetadata(configMaps, partial), { apiVersion: 'v1', kind: 'ConfigMap', ...least, ...none })
})

test('readMetadata takes nothing but metadata, and of that not what kubectl applied last', () => {
  const annotations = { [lastApplied]: '{"data":{"password":"hunter2"}}', team: 'web' }
  const metadata = {
    ...least,
    namespace: 'demo',
    generation: 3,
    deletionTimestamp: '2026-11-22T00:00:00Z',
    annotations,
  }
  const read = readMetadata(configMaps, { metadata, data: { password: 'hunter2' } })
  assert.deepEqual(read.annotations, { team: 'web' })
  assert.deepEqual([read.namespace, read.generation, read.deletionTimestamp], ['demo', 3, metadata.deletionTimestamp])
  assert.doesNotMatch(JSON.stringify(read), /hunter2/)
})

test('readMetadata keeps who owns what, of a subresource too', () => {
  const managedFields = [
    { manager: 'lotse', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': {} } },
    { manager: 'kubelet', operation: 'Update', apiVersion: 'v1', subresource: 'status', fieldsV1: {} },
  ]
  assert.deepEqual(readMetadata(configMaps, { metadata: { ...least, managedFields } }).managedFields, [
    { manager: 'lotse', operation: 'Apply', apiVersion: 'v1', fieldsV1: { 'f:data': {} } },
    { manager: 'kubelet', operation: 'Update', apiVersion: 'v1', subresource: 'status', fieldsV1: {} },
  ])
})

test('readObject keeps every field but what kubectl applied last', () => {
  const metadata = { ...least, namespace: 'demo', annotations: { [lastApplied]: '{}', team: 'web' } }
  assert.deepEqual(readObject(configMaps, { metadata, data: { a: 1n }, future: [null] }), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, annotations: { team: 'web' } },
    data: { a: 1n },
    future: [null],
  })
})

for (const wrong of [null, [], 'text', {}, { metadata: null }, { metadata: { uid: 'u', resourceVersion: '7' } }]) {
  test(`${JSON.stringify(wrong)} is no object`, () => {
    assert.throws(() => readMetadata(configMaps, wrong), { class: 'bad-answer' })
    assert.throws(() => readObject(configMaps, wrong), { class: 'bad-answer' })
  })
}
