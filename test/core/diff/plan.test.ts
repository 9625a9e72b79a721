import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { KubernetesObject } from '../../../src/core/manifest/kubernetes-object.ts'
import { type DiffPlan, planDiff } from '../../../src/core/diff/plan.ts'
import { clusterWide, configMap, deployment, kinds, object, secret, wanted } from './objects.ts'

const crd = (...versions: readonly string[]) =>
  clusterWide(kinds.crd, 'things.example.com', {
    spec: {
      group: 'example.com',
      names: { kind: 'Thing' },
      versions: versions.map((name) => ({ name, served: true })),
    },
  })
const thing = object(['example.com/v1', 'Thing'], 'one')
const namespace = clusterWide(kinds.namespace, 'demo')

type Row = readonly [
  name: string,
  base: readonly KubernetesObject[],
  head: readonly KubernetesObject[],
  ...steps: readonly string[],
]

const rows: readonly Row[] = [
  ['asks nothing where nothing changes', [deployment('web', 1)], [deployment('web', 1)]],
  ['asks for what is added', [], [deployment('web', 1)], 'ask web'],
  ['asks for what is changed', [deployment('web', 1)], [deployment('web', 2)], 'ask web'],
  [
    'takes another order of keys for the same',
    [configMap('a', { x: '1', y: '2' })],
    [configMap('a', { y: '2', x: '1' })],
  ],
  ['deletes what is gone', [deployment('web', 1)], [], 'delete web'],
  [
    'takes another version of the same kind for a change',
    [object(['apps/v1beta1', 'Deployment'], 'web')],
    [object(['apps/v1', 'Deployment'], 'web')],
    'ask web',
  ],
  ['tells of a Secret by git alone', [secret('s', { a: '1' })], [secret('s', { a: '2' })], 'tell s: secret'],
  ['deletes a Secret', [secret('s', { a: '1' })], [], 'delete s'],
  [
    'tells by git alone what comes with its definition',
    [],
    [crd('v1'), thing],
    'ask things.example.com',
    'tell one: brought',
  ],
  ['asks for a resource whose definition was there', [crd('v1')], [crd('v1'), thing], 'ask one'],
  [
    'tells by git alone what comes with a version of its definition',
    [crd('v1beta1')],
    [crd('v1beta1', 'v1'), thing],
    'ask things.example.com',
    'tell one: brought',
  ],
  [
    'tells by git alone what comes with its namespace',
    [],
    [namespace, configMap('a', {})],
    'ask demo',
    'tell a: brought',
  ],
  ['asks for what comes into a namespace that was there', [namespace], [namespace, configMap('a', {})], 'ask a'],
  [
    'deletes last, and in the opposite order',
    [deployment('first', 1), deployment('second', 1)],
    [deployment('new', 1)],
    'ask new',
    'delete second',
    'delete first',
  ],
]

suite('planDiff', () => {
  for (const [name, base, head, ...steps] of rows) {
    test(name, () => {
      const plan = planDiff({ base: base.map((one) => wanted(one)), head: head.map((one) => wanted(one)) })
      assert.deepEqual(plan.steps.map(summary), steps)
    })
  }

  test('leaves what is the same on both sides, as the head has it', () => {
    const { left } = planDiff({ base: [wanted(deployment('web', 1), 1)], head: [wanted(deployment('web', 1), 9)] })
    assert.deepEqual(left, [wanted(deployment('web', 1), 9)])
  })
})

function summary(step: DiffPlan['steps'][number]): string {
  switch (step.do) {
    case 'ask':
      return `ask ${step.after.object.metadata.name}`
    case 'tell':
      return `tell ${step.after.object.metadata.name}: ${step.because}`
    case 'delete':
      return `delete ${step.before.object.metadata.name}`
  }
}
