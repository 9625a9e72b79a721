import assert from 'node:assert/strict'
import { parsePullNumber } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { come, configMapFile, namespaceFile, openGround } from '../agent/ground.ts'
import { testsOnCluster } from './on-cluster.ts'

// What a sync must not lose, whatever a commit says, or a person does.
const onCluster = testsOnCluster(import.meta.filename)
const pull = guaranteed(parsePullNumber(1))

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
    const base = await ground.head()
    const after = before
      .replace('Moin', 'Servus')
      .replace('metadata:\n', `metadata:\n  annotations: { ${key}: "true" }\n`)
    const head = await ground.commit({ 'legacy.yaml': after }, 'pull')
    const { result } = await ground.bot.ask({ kind: 'diff', pull, base, head }, 'diffed')
    assert.deepEqual(result.kind === 'diff' && result.diff.changes, [])

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

onCluster('the objects of a kind come back by themselves when somebody has deleted its definition', async (cluster) => {
  const name = `${cluster.namespace}-kind`
  await using ground = await openGround(cluster, name)
  const group = `${name}.example.com`
  await ground.commit({
    'namespace.yaml': namespaceFile(name),
    'kind.yaml': definitionFile(group),
    'boat.yaml': `apiVersion: ${group}/v1\nkind: Boat\nmetadata: { name: boat, namespace: ${name} }\n`,
  })
  await ground.start()
  const path = `/apis/${group}/v1/namespaces/${name}/boats/boat`
  const before = await ground.live(path)
  const definition = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/boats.${group}`
  await cluster.ask({ method: 'DELETE', path: definition })
  await come(async () => {
    const now = await ground.live(path)
    assert.ok(now !== undefined && now.metadata.uid !== before.metadata.uid)
  }, ground.log)
})

onCluster('an object that waits says for what', async (cluster) => {
  const name = `${cluster.namespace}-waits`
  await using ground = await openGround(cluster, name)
  await ground.commit({
    'namespace.yaml': namespaceFile(name),
    'held.yaml': configMapFile('held', name, { greeting: 'Moin' }),
  })
  await ground.start()
  const path = `/api/v1/namespaces/${name}/configmaps/held`
  await ground.patch(path, { metadata: { finalizers: ['example.com/backup'] } })
  await cluster.ask({ method: 'DELETE', path })
  await come(async () => {
    const { lastReport } = await ground.status()
    const [problem] = lastReport?.problems ?? []
    assert.equal(problem?.object, `ConfigMap ${name}/held`)
    assert.match(problem?.message ?? '', /is being deleted.*example\.com\/backup/)
    assert.equal(problem?.turn, 'time')
  }, ground.log)
  await ground.patch(path, { metadata: { finalizers: null } })
  await come(async () => assert.equal((await ground.live(path))?.metadata.deletionTimestamp, undefined), ground.log)
  await come(async () => assert.equal((await ground.status()).lastReport?.result, 'full'), ground.log)
})

onCluster('an object that cannot be put back names who has changed it', async (cluster) => {
  const name = `${cluster.namespace}-rival`
  await using ground = await openGround(cluster, name)
  await ground.commit({
    'namespace.yaml': namespaceFile(name),
    'web.yaml': `apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: ${name} }\nspec: { ports: [{ name: http, port: 80 }] }\n`,
  })
  await ground.start()
  const path = `/api/v1/namespaces/${name}/services/web`
  // The port's number is its key: both stay, and two ports of one name are refused.
  await ground.patch(path, { spec: { ports: [{ name: 'http', port: 99 }] } }, 'some-operator')
  await come(async () => {
    const [problem] = (await ground.status()).lastReport?.problems ?? []
    assert.match(problem?.message ?? '', /Duplicate value: "http"/)
    assert.match(problem?.help ?? '', /git has not changed: undo .*, by some-operator\.$/)
    assert.equal(problem?.turn, 'operator')
  }, ground.log)
})

function definitionFile(group: string): string {
  return `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: boats.${group} }
spec:
  group: ${group}
  names: { kind: Boat, plural: boats }
  scope: Namespaced
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
`
}
