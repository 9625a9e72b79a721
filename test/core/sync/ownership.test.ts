import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../../src/core/json.ts'
import type { ManagedFields } from '../../../src/core/sync/live-metadata.ts'
import { changedBy, takeOver } from '../../../src/core/sync/ownership.ts'
import { entry, liveOf, object } from './objects.ts'

// What a real API server makes of these patches: test/cluster/ownership.test.ts

const ours = entry({ manager: 'lotse', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:paused': {} } } })

type Case = { readonly before: readonly ManagedFields[]; readonly after: readonly ManagedFields[] | 'nothing to do' }

const cases: Readonly<Record<string, Case>> = {
  'nothing where only we own fields': { before: [ours], after: 'nothing to do' },
  'nothing where nobody does': { before: [], after: 'nothing to do' },
  "a person's fields into our entry": {
    before: [ours, entry({ fieldsV1: { 'f:data': { 'f:hotfix': {} } } })],
    after: [{ ...ours, fieldsV1: { 'f:spec': { 'f:paused': {} }, 'f:data': { 'f:hotfix': {} } } }],
  },
  'the fields of kubectl apply into an entry that we do not have yet': {
    before: [entry({ manager: 'kubectl-client-side-apply' })],
    after: [
      { manager: 'lotse', operation: 'Apply', apiVersion: 'apps/v1', fieldsV1: { 'f:spec': { 'f:paused': {} } } },
    ],
  },
  'the fields of several tools at once': {
    before: [
      entry({ manager: 'fluxd', fieldsV1: { 'f:a': {} } }),
      entry({ manager: 'kubectl', fieldsV1: { 'f:b': {} } }),
    ],
    after: [{ manager: 'lotse', operation: 'Apply', apiVersion: 'apps/v1', fieldsV1: { 'f:a': {}, 'f:b': {} } }],
  },
  'nothing of kubectl rollout': { before: [ours, entry({ manager: 'kubectl-rollout' })], after: 'nothing to do' },
  'nothing of controllers': { before: [ours, entry({ manager: 'kube-controller-manager' })], after: 'nothing to do' },
  'nothing of the Helm Operator': { before: [ours, entry({ manager: 'helm-operator' })], after: 'nothing to do' },
  'nothing of a subresource': { before: [ours, entry({ subresource: 'scale' })], after: 'nothing to do' },
  'nothing that another tool applies': { before: [ours, entry({ operation: 'Apply' })], after: 'nothing to do' },
  'nothing of another version than ours': { before: [ours, entry({ apiVersion: 'apps/v2' })], after: 'nothing to do' },
  'no finalizers, status and replicas, which stay': {
    before: [
      ours,
      entry({
        fieldsV1: {
          'f:metadata': { 'f:finalizers': { 'v:"x"': {} }, 'f:labels': { 'f:x': {} } },
          'f:spec': { 'f:replicas': {} },
          'f:status': { 'f:replicas': {} },
        },
      }),
    ],
    after: [
      { ...ours, fieldsV1: { 'f:spec': { 'f:paused': {} }, 'f:metadata': { 'f:labels': { 'f:x': {} } } } },
      entry({
        fieldsV1: {
          'f:metadata': { 'f:finalizers': { 'v:"x"': {} } },
          'f:spec': { 'f:replicas': {} },
          'f:status': { 'f:replicas': {} },
        },
      }),
    ],
  },
  'nothing by which a person speaks to us': {
    before: [ours, entry({ fieldsV1: { 'f:metadata': { 'f:annotations': { 'f:lotse.dev/prune': {} } } } })],
    after: 'nothing to do',
  },
  'nothing of kubectl annotate': { before: [ours, entry({ manager: 'kubectl-annotate' })], after: 'nothing to do' },
  'nothing where only what stays is theirs': {
    before: [ours, entry({ fieldsV1: { 'f:spec': { 'f:replicas': {} } } })],
    after: 'nothing to do',
  },
}

for (const [name, { before, after }] of Object.entries(cases)) {
  test(`takeOver moves ${name}`, () => {
    const patch = takeOver(liveOf(object(), { managedFields: before }))
    assert.deepEqual(
      patch,
      after === 'nothing to do'
        ? undefined
        : [
            { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
            { op: 'replace', path: '/metadata/managedFields', value: after.map(written) },
          ],
    )
  })
}

test('takeOver asks whom it is told to ask', () => {
  const live = liveOf(object(), { managedFields: [ours, entry({ manager: 'some-ui', fieldsV1: { 'f:x': {} } })] })
  assert.equal(takeOver(live), undefined)
  assert.notEqual(takeOver(live, ['some-ui']), undefined)
})

test('changedBy names who wrote after us, the latest first, and no writer of the status', () => {
  const at = (hour: number): string => `2026-11-01T0${hour}:00:00Z`
  const managedFields = [
    entry({ manager: 'lotse', operation: 'Apply', time: at(2) }),
    entry({ manager: 'earlier', time: at(1) }),
    entry({ manager: 'kubectl-edit', time: at(3) }),
    entry({ manager: 'kubelet', subresource: 'status', time: at(5) }),
    entry({ manager: 'hpa', subresource: 'scale', time: at(4) }),
    entry({ manager: 'kubectl-edit', apiVersion: 'apps/v2', time: at(4) }),
  ]
  assert.deepEqual(changedBy(liveOf(object(), { managedFields })), ['hpa', 'kubectl-edit'])
})

function written({ fieldsV1, ...rest }: ManagedFields): Json {
  return { ...rest, fieldsType: 'FieldsV1', fieldsV1 }
}
