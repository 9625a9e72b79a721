import assert from 'node:assert/strict'
import { come, configMapFile, namespaceFile, openGround, requestsOf } from '../agent/ground.ts'
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

onCluster('a new commit is applied, and what it removes is pruned', async (cluster) => {
  const name = `${cluster.namespace}-next`
  await using ground = await openGround(cluster, name)
  const path = (called: string): string => `/api/v1/namespaces/${name}/configmaps/${called}`
  await ground.commit({ 'namespace.yaml': namespaceFile(name), ...files(name, { stays: 'a', goes: 'a' }) })
  await ground.start()
  const head = await ground.commit({ ...files(name, { stays: 'b', comes: 'a' }), 'goes.yaml': null })
  const { lastReport } = await ground.syncAgain()
  assert.equal(lastReport?.result, 'full', ground.log())
  assert.equal(lastReport.commit, head)
  assert.deepEqual([lastReport.counts.applied, lastReport.counts.pruned], [2, 1])
  assert.equal((await ground.live(path('stays'))).data.value, 'b')
  assert.equal((await ground.live(path('comes'))).data.value, 'a')
  assert.equal(await ground.live(path('goes')), undefined)
})

onCluster('more than the configured budget is not pruned', async (cluster) => {
  const name = `${cluster.namespace}-budget`
  await using ground = await openGround(cluster, name)
  const some = { one: 'a', two: 'a', three: 'a' }
  const path = `clusters/${name}`
  await ground.commit({
    '.github/lotse.yaml': `version: 1\nclusters:\n  ${name}: { path: ${path}, prune: { budget: 2 } }\n`,
    'namespace.yaml': namespaceFile(name),
    ...files(name, { stays: 'a', ...some }),
  })
  await ground.start()
  await ground.commit(Object.fromEntries(Object.keys(some).map((called) => [`${called}.yaml`, null])))
  const { lastReport } = await ground.syncAgain()
  assert.equal(lastReport?.counts.pruned, 0)
  assert.equal(lastReport.heldPrunes.length, 3)
  assert.ok(await ground.live(`/api/v1/namespaces/${name}/configmaps/one`))
})

onCluster('settings that say otherwise than the configuration are told, and nothing is applied', async (cluster) => {
  const name = `${cluster.namespace}-mismatch`
  await using ground = await openGround(cluster, name)
  const path = (called: string): string => `/api/v1/namespaces/${name}/configmaps/${called}`
  await ground.commit({ 'namespace.yaml': namespaceFile(name), ...files(name, { stays: 'a', goes: 'a' }) })
  await ground.start()
  const elsewhere = `version: 1\nclusters:\n  ${name}: { path: clusters/elsewhere }\n`
  const nameless = 'version: 1\nclusters:\n  other: { path: clusters/elsewhere }\n'
  for (const [configuration, says] of [
    [elsewhere, /is `clusters\/elsewhere`, and the GIT_PATH of its agent is `clusters\//],
    [nameless, /the CLUSTER of the agent, got none/],
  ] as const) {
    await ground.commit({
      '.github/lotse.yaml': configuration,
      'stays.yaml': configMapFile('stays', name, { value: 'other' }),
      ...files(name, { comes: 'b' }),
    })
    const { lastReport } = await ground.syncAgain()
    assert.deepEqual([lastReport?.result, lastReport?.counts.applied], ['failed', 0])
    assert.equal(lastReport?.problems.length, 1)
    assert.match(lastReport.problems[0]?.message ?? '', says)
    assert.equal(lastReport.problems[0]?.at?.file, '.github/lotse.yaml')
    assert.equal((await fetch(`${ground.agent().url}/readyz`)).status, 503)
  }
  assert.equal((await ground.live(path('stays'))).data.value, 'a')
  assert.equal(await ground.live(path('comes')), undefined)
  const agreed = `version: 1\nclusters:\n  ${name}: { path: clusters/${name} }\n`
  await ground.commit({ '.github/lotse.yaml': agreed, 'goes.yaml': null })
  assert.equal((await ground.syncAgain()).lastReport?.result, 'full')
  assert.equal((await ground.live(path('stays'))).data.value, 'other')
  assert.equal(await ground.live(path('goes')), undefined)
})

onCluster('what is changed or deleted by hand is corrected within seconds', async (cluster) => {
  const name = `${cluster.namespace}-drift`
  await using ground = await openGround(cluster, name)
  const path = `/api/v1/namespaces/${name}/configmaps/settings`
  await ground.commit({ 'namespace.yaml': namespaceFile(name), ...files(name, { settings: 'git' }) })
  await ground.start()
  for (const _round of ['first', 'second']) {
    await ground.patch(path, { data: { value: 'hand' } })
    await come(async () => assert.equal((await ground.live(path)).data.value, 'git'), ground.log)
    await ground.agent().settled()
    const { lastReport } = await ground.status()
    assert.equal(lastReport?.trigger, 'watch')
    assert.deepEqual(lastReport.drift, [{ object: `ConfigMap ${name}/settings`, managers: ['kubectl-edit'] }])

    await cluster.ask({ method: 'DELETE', path })
    await come(async () => assert.equal((await ground.live(path))?.data.value, 'git'), ground.log)
    await ground.agent().settled()
    assert.deepEqual((await ground.status()).lastReport?.drift, [
      { object: `ConfigMap ${name}/settings`, managers: [] },
    ])
  }

  const before = requestsOf(await ground.metrics())
  await ground.patch(path, { metadata: { labels: { theirs: 'stays' } } }, 'somebody')
  await come(
    async () => assert.ok((requestsOf(await ground.metrics())['dry-run'] ?? 0) > (before['dry-run'] ?? 0)),
    ground.log,
  )
  await ground.agent().settled()
  assert.equal(requestsOf(await ground.metrics())['apply'], before['apply'], 'a label of theirs is no drift')
})

onCluster('a sync with nothing changed costs one list per kind', async (cluster) => {
  const name = `${cluster.namespace}-cost`
  await using ground = await openGround(cluster, name)
  await ground.commit({ 'namespace.yaml': namespaceFile(name), ...files(name, { one: 'a', two: 'a', three: 'a' }) })
  await ground.start()
  assert.deepEqual(await ground.costOf(() => ground.syncAgain()), { list: 2 })
  assert.equal((await ground.status()).lastReport?.counts.unchanged, 4)
})

onCluster('a sync with one changed object costs its patch and the inventory more', async (cluster) => {
  const name = `${cluster.namespace}-one`
  await using ground = await openGround(cluster, name)
  await ground.commit({ 'namespace.yaml': namespaceFile(name), ...files(name, { one: 'a', two: 'a', three: 'a' }) })
  await ground.start()
  await ground.commit(files(name, { two: 'b' }))
  assert.deepEqual(await ground.costOf(() => ground.syncAgain()), { list: 2, apply: 1, replace: 1 })
})

onCluster('a command verifies every object, and writes nothing', async (cluster) => {
  const name = `${cluster.namespace}-verify`
  await using ground = await openGround(cluster, name)
  await ground.commit({ 'namespace.yaml': namespaceFile(name), ...files(name, { one: 'a', two: 'a' }) })
  await ground.start()
  const ask = () => ground.bot.ask({ kind: 'sync' }, 'synced')
  assert.deepEqual(await ground.costOf(ask), { discover: 2, list: 2, get: 3, 'dry-run': 3 })
})

onCluster('drift is corrected while git is away, and the newest commit comes when it is back', async (cluster) => {
  const name = `${cluster.namespace}-away`
  await using ground = await openGround(cluster, name)
  const path = `/api/v1/namespaces/${name}/configmaps/settings`
  await ground.commit({ 'namespace.yaml': namespaceFile(name), ...files(name, { settings: 'git' }) })
  await ground.start()
  await ground.away(true)
  await ground.patch(path, { data: { value: 'hand' } })
  await come(async () => assert.equal((await ground.live(path)).data.value, 'git'), ground.log)
  assert.equal((await fetch(`${ground.agent().url}/readyz`)).status, 503)
  assert.equal((await fetch(`${ground.agent().url}/healthz`)).status, 200)
  await ground.away(false)
  await ground.commit(files(name, { settings: 'newer' }))
  await ground.syncAgain()
  assert.equal((await ground.live(path)).data.value, 'newer')
  assert.equal((await fetch(`${ground.agent().url}/readyz`)).status, 200)
})

onCluster('one bad object stops no other, and nothing is pruned', async (cluster) => {
  const name = `${cluster.namespace}-bad`
  await using ground = await openGround(cluster, name)
  await ground.commit({ 'namespace.yaml': namespaceFile(name), ...files(name, { good: 'a', goes: 'a' }) })
  await ground.start()
  const bad = `# a comment\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Not_A_Name\n  namespace: ${name}\n`
  await ground.commit({ ...files(name, { good: 'b' }), 'goes.yaml': null, 'bad.yaml': bad })
  const { lastReport, lastFull } = await ground.syncAgain()
  assert.equal(lastReport?.result, 'partial')
  assert.notEqual(lastFull, lastReport.commit)
  assert.deepEqual([lastReport.counts.applied, lastReport.counts.failed, lastReport.counts.pruned], [1, 1, 0])
  const [problem, ...others] = lastReport.problems
  assert.deepEqual(others, [])
  assert.equal(problem?.object, `ConfigMap ${name}/Not_A_Name`)
  assert.deepEqual([problem.at?.file, problem.at?.line, problem.turn], [`clusters/${name}/bad.yaml`, 2, 'author'])
  assert.equal((await ground.live(`/api/v1/namespaces/${name}/configmaps/good`)).data.value, 'b')
  assert.ok(await ground.live(`/api/v1/namespaces/${name}/configmaps/goes`))
})

onCluster('what cannot be read, and what nobody knows, is counted too', async (cluster) => {
  const name = `${cluster.namespace}-counts`
  await using ground = await openGround(cluster, name)
  await ground.commit({
    'namespace.yaml': namespaceFile(name),
    'unknown.yaml': `apiVersion: example.com/v1\nkind: Nothing\nmetadata:\n  name: x\n  namespace: ${name}\n`,
    'broken.yaml': 'a: [\n',
    'nameless.yaml': 'apiVersion: v1\nkind: ConfigMap\n',
  })
  await ground.start()
  const { lastReport } = await ground.status()
  assert.equal(lastReport?.result, 'partial')
  assert.equal(lastReport.problems.length, 3, JSON.stringify(lastReport.problems))
  assert.deepEqual([lastReport.counts.applied, lastReport.counts.failed], [1, 3])
})

onCluster('an agent that is stopped goes on where it was', async (cluster) => {
  const name = `${cluster.namespace}-again`
  await using ground = await openGround(cluster, name)
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`many-${index}`, 'a']))
  await ground.commit({ 'namespace.yaml': namespaceFile(name), ...files(name, many) })
  await ground.start({}, { settled: false })
  await come(() => assert.ok(/agent started/.test(ground.log())), ground.log)
  await come(async () => assert.ok((requestsOf(await ground.metrics())['apply'] ?? 0) > 3), ground.log)
  await ground.agent().stop()
  await ground.start()
  const { lastReport } = await ground.status()
  assert.equal(lastReport?.result, 'full', ground.log())
  assert.equal(lastReport.counts.applied + lastReport.counts.unchanged, 61)
  await ground.agent().stop()
  await ground.start()
  assert.deepEqual(requestsOf(await ground.metrics())['apply'], undefined, 'what is in sync is remembered')
  assert.deepEqual(requestsOf(await ground.metrics())['dry-run'], undefined)
})

onCluster('an inventory that is lost is made again, and nothing is pruned by it', async (cluster) => {
  const name = `${cluster.namespace}-lost`
  await using ground = await openGround(cluster, name)
  const path = (called: string): string => `/api/v1/namespaces/${name}/configmaps/${called}`
  await ground.commit({ 'namespace.yaml': namespaceFile(name), ...files(name, { stays: 'a', goes: 'a' }) })
  await ground.start()
  await cluster.ask({ method: 'DELETE', path: `/api/v1/namespaces/lotse-${name}/configmaps/lotse-inventory-${name}` })
  await ground.commit({ ...files(name, { stays: 'b' }), 'goes.yaml': null })
  await ground.bot.ask({ kind: 'fetch', commit: await ground.head() }, 'synced')
  await come(async () => assert.equal((await ground.live(path('stays'))).data.value, 'b'), ground.log)
  await ground.agent().stop()
  await cluster.ask({ method: 'DELETE', path: `/api/v1/namespaces/lotse-${name}/configmaps/lotse-inventory-${name}` })
  await ground.commit({ 'stays.yaml': null, ...files(name, { other: 'a' }) })
  await ground.start()
  const { lastReport } = await ground.status()
  assert.equal(lastReport?.counts.pruned, 0)
  assert.ok(lastReport.heldPrunes.some(({ object }) => object === `ConfigMap ${name}/stays`))
  assert.ok(await ground.live(path('stays')))
})

onCluster('two agents with one object do not fight', async (cluster) => {
  const name = `${cluster.namespace}-rivals`
  await using ours = await openGround(cluster, `${name}-a`)
  await using theirs = await openGround(cluster, `${name}-b`)
  await ours.commit({ 'namespace.yaml': namespaceFile(name), ...files(name, { settings: 'ours' }) })
  await theirs.commit(files(name, { settings: 'theirs', more: 'theirs' }))
  await ours.start()
  await theirs.start()
  const { lastReport } = await theirs.status()
  assert.equal(lastReport?.result, 'partial')
  assert.deepEqual(
    lastReport.problems.map(({ object, turn }) => [object, turn]),
    [[`ConfigMap ${name}/settings`, 'author']],
  )
  await ours.syncAgain()
  await theirs.syncAgain()
  assert.equal((await ours.live(`/api/v1/namespaces/${name}/configmaps/settings`)).data.value, 'ours')
  assert.equal((await ours.live(`/api/v1/namespaces/${name}/configmaps/more`)).data.value, 'theirs')
})

function files(namespace: string, values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${name}.yaml`, configMapFile(name, namespace, { value })]),
  )
}

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
