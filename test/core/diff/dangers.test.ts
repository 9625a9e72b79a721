import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type Change, dangersOf } from '../../../src/core/diff/dangers.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { clusterWide, configMap, deployment, kinds, object } from './objects.ts'

type Kind = readonly [string, string]

const changed = (kind: Kind, before: JsonObject, after: JsonObject): Change => ({
  before: object(kind, 'x', before),
  after: object(kind, 'x', after),
})
const spec = (kind: Kind, before: JsonObject, after: JsonObject): Change =>
  changed(kind, { spec: before }, { spec: after })
const rules = (...list: readonly JsonObject[]): JsonObject => ({ rules: list })
const admin = { roleRef: { kind: 'ClusterRole', name: 'cluster-admin' } }
const ann = { kind: 'User', name: 'ann' }
const robot = { kind: 'ServiceAccount', namespace: 'demo', name: 'robot' }
const reads = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }

const rows: readonly (readonly [name: string, change: Change, ...dangers: readonly string[]])[] = [
  ['has nothing against a change', { before: deployment('x', 1), after: deployment('x', 2) }],
  ['has nothing against a delete', { before: deployment('x', 1) }],
  [
    'warns of a namespace',
    { before: clusterWide(kinds.namespace, 'x') },
    'deletes-namespace: stays: deleting the namespace by hand deletes everything in it',
  ],
  [
    'warns of a definition',
    { before: clusterWide(kinds.crd, 'x') },
    'deletes-crd: stays: deleting it by hand deletes every resource of its kind, in all namespaces',
  ],
  [
    'warns of a claim',
    { before: object(kinds.claim, 'x') },
    'deletes-volume: stays: deleting the claim by hand deletes what is stored with most storage classes',
  ],
  [
    'warns of a volume',
    { before: clusterWide(kinds.volume, 'x') },
    'deletes-volume: stays: deleting the volume by hand can delete what is stored',
  ],
  ['does not take a namesake for a namespace', { before: object(['example.com/v1', 'Namespace'], 'x') }],
  [
    'warns of none',
    { before: deployment('x', 2), after: deployment('x', 0) },
    'replicas-to-zero: scales to 0 replicas',
  ],
  ['has nothing against none from none', { before: deployment('x', 0), after: deployment('x', 0) }],
  ['has nothing against none from the beginning', { after: deployment('x', 0) }],
  [
    'warns of a selector',
    spec(kinds.deployment, { selector: { a: '1' } }, { selector: { a: '2' } }),
    immutable('spec.selector'),
  ],
  [
    'warns of volume claim templates',
    spec(kinds.statefulSet, { volumeClaimTemplates: [] }, { volumeClaimTemplates: [{}] }),
    immutable('spec.volumeClaimTemplates'),
  ],
  [
    'warns of a service name',
    spec(kinds.statefulSet, { serviceName: 'a' }, { serviceName: 'b' }),
    immutable('spec.serviceName'),
  ],
  [
    'warns of a cluster IP',
    spec(kinds.service, { clusterIP: '10.0.0.1' }, { clusterIP: 'None' }),
    immutable('spec.clusterIP'),
  ],
  ['does not know what git does not say', spec(kinds.service, { clusterIP: '10.0.0.1' }, {})],
  [
    'warns of the template of a job',
    spec(kinds.job, { template: {} }, { template: { spec: {} } }),
    immutable('spec.template'),
  ],
  [
    'warns of a role reference',
    changed(kinds.roleBinding, { roleRef: { name: 'a' } }, { roleRef: { name: 'b' } }),
    immutable('roleRef'),
  ],
  [
    'warns of a claim that becomes another',
    spec(kinds.claim, { storageClassName: 'a' }, { storageClassName: 'b' }),
    immutable('spec'),
  ],
  ['has nothing against a claim that grows', spec(kinds.claim, { resources: {} }, { resources: { requests: {} } })],
  [
    'warns of what says that it is immutable',
    { before: { ...configMap('x', { a: '1' }), immutable: true }, after: configMap('x', { a: '2' }) },
    'immutable-field: changes what says that it is immutable: give it another name',
  ],
  [
    'warns of every verb',
    changed(kinds.role, rules(reads), rules(reads, { ...reads, verbs: ['*'] })),
    'wider-rbac: allows everything on pods',
  ],
  [
    'warns of a new role with it too',
    { after: object(kinds.role, 'x', rules({ ...reads, resources: ['*'] })) },
    'wider-rbac: allows get on everything',
  ],
  [
    'has nothing against what was there',
    changed(kinds.role, rules({ ...reads, verbs: ['*'] }), rules(reads, { ...reads, verbs: ['*'] })),
  ],
  [
    'warns of escalation',
    changed(kinds.clusterRole, rules(), rules({ ...reads, resources: ['roles'], verbs: ['bind', 'get'] })),
    'wider-rbac: allows to bind roles',
  ],
  [
    'warns of Secrets',
    changed(kinds.role, rules(), rules({ ...reads, resources: ['secrets'] })),
    'wider-rbac: allows get on Secrets',
  ],
  [
    'warns of an administrator',
    changed(kinds.clusterRoleBinding, { ...admin, subjects: [ann] }, { ...admin, subjects: [ann, robot] }),
    'wider-rbac: makes ServiceAccount demo/robot an administrator',
  ],
  [
    'has nothing against a binding to another role',
    changed(kinds.roleBinding, {}, { roleRef: { kind: 'Role', name: 'cluster-admin' }, subjects: [ann] }),
  ],
]

suite('dangersOf', () => {
  for (const [name, change, ...dangers] of rows) {
    test(name, () => {
      const found = dangersOf([change], { pruneBudget: 10 })
      assert.deepEqual(
        found.map(({ kind, says }) => `${kind}: ${says}`),
        dangers,
      )
    })
  }

  test('names the object', () => {
    const [danger] = dangersOf([{ before: deployment('web', 1), after: deployment('web', 0) }], { pruneBudget: 10 })
    assert.equal(danger?.object, 'apps/Deployment demo/web')
  })

  test('warns of more deletes than the budget allows', () => {
    const changes = ['a', 'b', 'c'].map((name) => ({ before: deployment(name, 1) }))
    assert.deepEqual(dangersOf(changes, { pruneBudget: 3 }), [])
    assert.deepEqual(dangersOf(changes, { pruneBudget: 2 }), [
      {
        kind: 'over-prune-budget',
        object: '3 objects',
        says: 'go from git, more than the prune budget of 2: all of them stay, to be deleted by hand',
      },
    ])
  })
})

function immutable(path: string): string {
  return `immutable-field: changes ${path}, which cannot be changed: delete the object first, or give it another name`
}
