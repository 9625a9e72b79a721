import assert from 'node:assert/strict'
import { configMapFile, namespaceFile, openGround } from '../agent/ground.ts'
import { testsOnCluster } from './on-cluster.ts'

const onCluster = testsOnCluster(import.meta.filename)

onCluster('the first commit is applied in one sync, a kind and an object of it too', async (cluster) => {
  const name = `${cluster.namespace}-first`
  await using ground = await openGround(cluster, name)
  const group = `${name}.example.com`
  const head = await ground.commit({
    'namespace.yaml': namespaceFile(name),
    'settings.yaml': configMapFile('settings', name, { greeting: 'Moin' }),
    'kind.yaml': definitionFile(group),
    'ship.yaml': `apiVersion: ${group}/v1\nkind: Ship\nmetadata:\n  name: boat\n  namespace: ${name}\nspec:\n  sails: 2\n`,
  })
  await ground.start()
  const { lastReport, lastFull } = await ground.status()
  assert.deepEqual(lastReport?.problems, [], ground.log())
  assert.equal(lastReport?.result, 'full')
  assert.equal(lastReport.trigger, 'start')
  assert.equal(lastFull, head)
  assert.equal(lastReport.counts.applied, 4)
  const settings = await ground.live(`/api/v1/namespaces/${name}/configmaps/settings`)
  assert.deepEqual(settings.data, { greeting: 'Moin' })
  const ship = await ground.live(`/apis/${group}/v1/namespaces/${name}/ships/boat`)
  assert.equal(ship.spec.sails, 2)
})

function definitionFile(group: string): string {
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: ships.${group}
spec:
  group: ${group}
  scope: Namespaced
  names: { kind: Ship, listKind: ShipList, plural: ships, singular: ship }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true }
`
}
