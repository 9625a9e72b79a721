import assert from 'node:assert/strict'
import { acme, openClusterWorld } from '../support/cluster-world.ts'
import { testsOnCluster } from './on-cluster.ts'

const story = testsOnCluster(import.meta.filename)
const many = 40

story('many new objects are looked for by one list, not one by one', async (cluster) => {
  await using world = await openClusterWorld(cluster)
  const configMap = (n: number): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: many-${n}, namespace: ${world.name} }\ndata: { number: "${n}" }\n`
  const text = Array.from({ length: many }, (_, n) => configMap(n)).join('---\n')
  const files = { [`clusters/${world.name}/many.yaml`]: text }
  await world.github.person('alice').push(acme.repository, { branch: 'main', files })
  await world.startBot()
  await world.startAgent()
  await world.come(async () =>
    assert.equal((await world.live(`v1/configmaps/many-${many - 1}`))?.data.number, `${many - 1}`),
  )
  await world.stopAgent()
  const counts = world.api.counts()
  assert.equal(counts['PATCH configmaps'], many + 1)
  assert.equal(counts['GET configmaps'], undefined)
})
