import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatObjectId, objectIdOf } from '../../../src/core/manifest/kubernetes-object.ts'
import { deletionOrder, stagesOf } from '../../../src/core/sync/order.ts'
import { namespace, wanted } from './objects.ts'

const kinds = (apiVersion: string, kind: string, name = 'x') => wanted({ apiVersion, kind }, { name })

const jumbled = [
  kinds('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration'),
  wanted(),
  kinds('apiregistration.k8s.io/v1', 'APIService'),
  kinds('v1', 'ConfigMap', 'b'),
  kinds('apiextensions.k8s.io/v1', 'CustomResourceDefinition'),
  kinds('v1', 'ConfigMap', 'a'),
  kinds('rbac.authorization.k8s.io/v1', 'RoleBinding'),
  kinds('v1', 'Service'),
  namespace('demo'),
  kinds('example.com/v1', 'Secret'),
]

test('stagesOf puts first what others need, and sorts each stage by id', () => {
  const stages = stagesOf(jumbled).map((stage) => stage.map(({ object }) => formatObjectId(objectIdOf(object))))
  assert.deepEqual(stages, [
    ['Namespace demo', 'apiextensions.k8s.io/CustomResourceDefinition demo/x'],
    ['ConfigMap demo/a', 'ConfigMap demo/b', 'rbac.authorization.k8s.io/RoleBinding demo/x'],
    ['Service demo/x', 'apps/Deployment demo/web', 'example.com/Secret demo/x'],
    ['admissionregistration.k8s.io/ValidatingWebhookConfiguration demo/x', 'apiregistration.k8s.io/APIService demo/x'],
  ])
})

test('stagesOf of nothing are four empty stages', () => assert.deepEqual(stagesOf([]), [[], [], [], []]))

test('deletionOrder is the reverse, with namespaces last of all', () => {
  const applied = stagesOf(jumbled)
    .flat()
    .map(({ object }) => objectIdOf(object))
  const [first, ...others] = applied
  assert.deepEqual(applied.toSorted(deletionOrder), [...others.toReversed(), first])
})
