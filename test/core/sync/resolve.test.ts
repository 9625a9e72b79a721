import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubernetesObject } from '../../../src/core/manifest/kubernetes-object.ts'
import { type Scopes, resolveWanted } from '../../../src/core/sync/resolve.ts'
import { file, namespace, object, wanted } from './objects.ts'

const scopes: Scopes = (apiVersion, kind) => {
  if (kind === 'Namespace' || kind === 'CustomResourceDefinition' || kind === 'ClusterRole') return 'cluster'
  if (apiVersion.startsWith('example.com/')) return 'unknown'
  return apiVersion.startsWith('metrics.k8s.io/') ? 'unreadable' : 'namespaced'
}

const definition = wanted(
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { kind: 'Widget' },
      versions: [
        { name: 'v1', served: true },
        { name: 'v0', served: false },
      ],
    },
  },
  { name: 'widgets.example.com' },
)
const widget = wanted({ apiVersion: 'example.com/v1', kind: 'Widget' })

test('resolveWanted fills in the namespace `default`', () => {
  const { namespace: _namespace, ...metadata } = object().metadata
  const bare = { ...object(), metadata } as KubernetesObject
  const { objects } = resolveWanted([{ ...wanted(), object: bare }], scopes)
  assert.deepEqual(objects, [wanted({}, { namespace: 'default' })])
})

test('resolveWanted takes the namespace from what is outside of all', () => {
  const stray = wanted({ apiVersion: 'v1', kind: 'Namespace' }, { name: 'shop' })
  assert.deepEqual(resolveWanted([stray], scopes).objects, [namespace('shop')])
})

test('resolveWanted lets a kind wait that a definition brings, with the scope that it will have', () => {
  const { objects, waiting, problems } = resolveWanted([widget, definition], scopes)
  assert.deepEqual(
    objects.map(({ object: { kind } }) => kind),
    ['CustomResourceDefinition'],
  )
  assert.deepEqual(
    waiting.map(({ object: { metadata } }) => metadata),
    [{ name: 'web' }],
  )
  assert.deepEqual(problems, [])
})

test('resolveWanted refuses a version that the definition does not serve', () => {
  const { waiting, problems } = resolveWanted(
    [definition, wanted({ apiVersion: 'example.com/v0', kind: 'Widget' })],
    scopes,
  )
  assert.deepEqual(waiting, [])
  assert.equal(problems.length, 1)
})

test('resolveWanted says which kind nobody knows, and lets the others go on', () => {
  const { objects, problems } = resolveWanted([widget, wanted()], scopes)
  assert.deepEqual(objects, [wanted()])
  assert.deepEqual(problems, [
    {
      object: 'example.com/Widget demo/web',
      at: { file, line: 1, column: 1 },
      message: 'the cluster does not know the kind `Widget` in `example.com/v1`',
      help: 'Correct apiVersion and kind, or add the CustomResourceDefinition that brings the kind.',
      turn: 'author',
    },
  ])
})

test('resolveWanted does not call a kind unknown whose group cannot be read', () => {
  const { problems } = resolveWanted([wanted({ apiVersion: 'metrics.k8s.io/v1', kind: 'X' })], scopes)
  assert.deepEqual(
    problems.map(({ turn, message }) => [turn, message]),
    [['operator', 'the cluster cannot say just now which kinds `metrics.k8s.io/v1` has']],
  )
})

test('resolveWanted applies none of two objects of one name, and names both places', () => {
  const twice = [wanted({}, {}, 3), wanted({ apiVersion: 'apps/v2' }, {}, 9), wanted({}, { name: 'other' })]
  const { objects, problems } = resolveWanted(twice, scopes)
  assert.deepEqual(objects, [wanted({}, { name: 'other' })])
  assert.deepEqual(
    problems.map(({ message, turn }) => ({ message, turn })),
    [{ message: `the object is there 2 times (${file}:3, ${file}:9), and none of them is applied`, turn: 'author' }],
  )
})

test('resolveWanted sees one object in a missing namespace and in `default`', () => {
  const { namespace: _namespace, ...metadata } = object().metadata
  const bare = { ...wanted(), object: { ...object(), metadata } as KubernetesObject }
  assert.equal(resolveWanted([bare, wanted({}, { namespace: 'default' })], scopes).problems.length, 1)
})
