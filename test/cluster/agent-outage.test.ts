import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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

onCluster('a git that cannot be read is no full sync, whatever the reason', async (cluster) => {
  const name = `${cluster.namespace}-blind`
  await using ground = await openGround(cluster, name)
  const path = `/api/v1/namespaces/${name}/configmaps/settings`
  const token = join(ground.folder, 'git-token')
  await writeFile(token, 'none is needed')
  const first = await ground.commit({
    'namespace.yaml': namespaceFile(name),
    'settings.yaml': configMapFile('settings', name, { value: 'a' }),
  })
  await ground.start({ GIT_TOKEN_FILE: token })
  assert.equal((await ground.status()).lastReport?.result, 'full')
  const success = lastSuccess(await ground.metrics())
  assert.match(success, /\d/)

  const blind: readonly (readonly [
    turn: string,
    says: RegExp,
    end: () => Promise<void>,
    begin: () => Promise<void>,
  ])[] = [
    ['operator', /the git token in `.*` cannot be read/, () => writeFile(token, 'back'), () => rm(token)],
    ['operator', /repository/, () => ground.away(false), () => ground.away(true)],
  ]
  for (const [turn, says, end, begin] of blind) {
    await begin()
    await ground.patch(path, { data: { value: 'hand' } })
    await come(async () => assert.equal((await ground.live(path)).data.value, 'a'), ground.log)
    await ground.agent().settled()
    const { lastReport, lastFull, trouble } = await ground.status()
    assert.deepEqual([lastReport?.result, lastReport?.commit, lastFull], ['partial', first, first])
    assert.deepEqual(
      lastReport?.problems.map((problem) => problem.turn),
      [turn],
    )
    assert.match(lastReport?.problems[0]?.message ?? '', /^git cannot be read since 20.*, so there may be a newer/)
    assert.match(lastReport?.problems[0]?.message ?? '', says)
    assert.equal(trouble, undefined)
    assert.equal(await statusOf(ground, 'readyz'), 503)
    assert.equal(lastSuccess(await ground.metrics()), success)
    await end()
  }
  assert.match(await ground.metrics(), /^agent_git_failures_total [2-9]/m)
  assert.equal((await ground.syncAgain()).lastReport?.result, 'full')
  assert.equal(await statusOf(ground, 'readyz'), 200)
  assert.notEqual(lastSuccess(await ground.metrics()), success)
})

onCluster('an agent that cannot begin says why, and says so no more once it can', async (cluster) => {
  const name = `${cluster.namespace}-begin`
  await using ground = await openGround(cluster, name)
  const token = join(ground.folder, 'git-token')
  await ground.commit({ 'namespace.yaml': namespaceFile(name) })
  await ground.start({ GIT_TOKEN_FILE: token }, { settled: false })
  await come(async () => assert.match((await ground.status()).trouble?.says ?? '', /the git token in/), ground.log)
  const { trouble, lastReport } = await ground.status()
  assert.equal(trouble?.help, 'see GIT_TOKEN_FILE')
  assert.equal(lastReport, undefined)
  const told = (): readonly (string | undefined)[] =>
    ground.bot.heard.flatMap((said) => (said.kind === 'state' ? [said.state.trouble?.since] : []))
  await come(() => assert.ok(told().includes(trouble.since)), ground.log)
  assert.equal(await statusOf(ground, 'readyz'), 503)
  await writeFile(token, 'none is needed')
  await come(async () => assert.equal((await ground.status()).lastReport?.result, 'full'), ground.log)
  assert.equal((await ground.status()).trouble, undefined)
  await come(() => assert.equal(told().at(-1), undefined), ground.log)
})

onCluster('a token that the API server refuses is named, in one line of the log', async (cluster) => {
  const name = `${cluster.namespace}-token`
  await using ground = await openGround(cluster, name)
  const token = join(ground.folder, 'refused-token')
  await writeFile(token, 'nobody knows this one')
  await ground.commit({ 'namespace.yaml': namespaceFile(name) })
  await ground.start({ KUBERNETES_TOKEN_FILE: token }, { settled: false })
  await come(async () => assert.equal((await ground.status()).lastReport?.result, 'failed'), ground.log)
  const [problem] = (await ground.status()).lastReport?.problems ?? []
  assert.match(problem?.message ?? '', /the API server refused the token of the agent: Unauthorized/)
  assert.match(problem?.help ?? '', /KUBERNETES_TOKEN_FILE/)
  assert.doesNotMatch(ground.log(), /^\s+at /m)
  assert.doesNotMatch(ground.log(), /sync failed/)
})

function lastSuccess(metrics: string): string {
  return /^agent_sync_last_success_timestamp_seconds (.*)$/m.exec(metrics)?.[1] ?? 'none'
}

async function statusOf(ground: Ground, path: string): Promise<number> {
  return (await fetch(`${ground.agent().url}/${path}`)).status
}
