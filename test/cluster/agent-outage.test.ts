import assert from 'node:assert/strict'
import { type Ground, come, configMapFile, namespaceFile, openGround } from '../agent/ground.ts'
import { startApiProxy } from '../support/proxies/api-proxy.ts'
import { countWrites } from '../support/proxies/writes.ts'
import { testsOnCluster } from './on-cluster.ts'

const onCluster = testsOnCluster(import.meta.filename)

onCluster('an API server that is away is waited for, and nothing is pruned meanwhile', async (cluster) => {
  const name = `${cluster.namespace}-away`
  await using ground = await openGround(cluster, name)
  const proxy = await startApiProxy(cluster, countWrites())
  try {
    await ground.commit({
      'namespace.yaml': namespaceFile(name),
      'settings.yaml': configMapFile('settings', name, { value: 'a' }),
      'goes.yaml': configMapFile('goes', name, { value: 'a' }),
    })
    await ground.start({ KUBERNETES_SERVER: proxy.url })
    proxy.down(true)
    const commit = await ground.commit({
      'settings.yaml': configMapFile('settings', name, { value: 'b' }),
      'goes.yaml': null,
    })
    const { report } = await ground.bot.ask({ kind: 'fetch', commit }, 'synced')
    assert.equal(report.result, 'failed')
    assert.equal(report.commit, commit)
    assert.deepEqual(
      report.problems.map(({ turn }) => turn),
      ['time'],
    )
    assert.deepEqual([await statusOf(ground, 'healthz'), await statusOf(ground, 'readyz')], [200, 503])
    proxy.down(false)
    await come(async () => assert.equal((await ground.status()).lastReport?.result, 'full'), ground.log)
    assert.equal((await ground.status()).lastReport?.trigger, 'retry')
    assert.equal((await ground.live(`/api/v1/namespaces/${name}/configmaps/settings`)).data.value, 'b')
    assert.equal(await ground.live(`/api/v1/namespaces/${name}/configmaps/goes`), undefined)
    assert.equal(await statusOf(ground, 'readyz'), 200)

    // Its watches were cut, too.
    await ground.patch(`/api/v1/namespaces/${name}/configmaps/settings`, { data: { value: 'hand' } })
    await come(async () => {
      assert.equal((await ground.live(`/api/v1/namespaces/${name}/configmaps/settings`)).data.value, 'b')
    }, ground.log)
  } finally {
    await ground.agent().stop()
    await proxy.close()
  }
})

async function statusOf(ground: Ground, path: string): Promise<number> {
  return (await fetch(`${ground.agent().url}/${path}`)).status
}
