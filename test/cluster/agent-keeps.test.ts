import assert from 'node:assert/strict'
import { configMapFile, namespaceFile, openGround } from '../agent/ground.ts'
import { testsOnCluster } from './on-cluster.ts'

// What a sync must not delete, whatever a commit says.
const onCluster = testsOnCluster(import.meta.filename)

for (const key of ['fluxcd.io/ignore', 'flux.weave.works/ignore']) {
  onCluster(`an object that git says to ignore by ${key} stays as it is`, async (cluster) => {
    const name = `${cluster.namespace}-${key.slice(0, 5).replace('.', '')}`
    await using ground = await openGround(cluster, name)
    const before = configMapFile('legacy', name, { greeting: 'Moin' })
    await ground.commit({
      'namespace.yaml': namespaceFile(name),
      'other.yaml': configMapFile('other', name, {}),
      'legacy.yaml': before,
    })
    await ground.start()
    const after = before
      .replace('Moin', 'Servus')
      .replace('metadata:\n', `metadata:\n  annotations: { ${key}: "true" }\n`)
    await ground.commit({ 'legacy.yaml': after })
    const { lastReport } = await ground.syncAgain()
    assert.equal(lastReport?.result, 'full', ground.log())
    assert.equal(lastReport.counts.pruned, 0)
    const live = await ground.live(`/api/v1/namespaces/${name}/configmaps/legacy`)
    assert.equal(live?.data.greeting, 'Moin')

    // Nor is anything forgotten: without the annotation it is ours as before, and goes when its file goes.
    await ground.commit({ 'legacy.yaml': before })
    assert.equal((await ground.syncAgain()).lastReport?.counts.failed, 0)
    await ground.commit({ 'legacy.yaml': null })
    assert.equal((await ground.syncAgain()).lastReport?.counts.pruned, 1)
  })
}
