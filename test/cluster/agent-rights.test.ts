import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Ground, come, configMapFile, openGround } from '../agent/ground.ts'
import { type TestCluster, testsOnCluster } from './on-cluster.ts'

const onCluster = testsOnCluster(import.meta.filename)
const group = 'rbac.authorization.k8s.io'

onCluster(
  'an agent with rights in one namespace syncs what it may, and takes forbidden for nothing else',
  async (cluster) => {
    const name = `${cluster.namespace}-narrow`
    await using ground = await openGround(cluster, name)
    await made(cluster, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    const environment = { ...(await ground.environment()), ...(await narrowRights(cluster, ground)) }
    await ground.commit({
      'one.yaml': configMapFile('one', name, { value: 'a' }),
      'goes.yaml': configMapFile('goes', name, { value: 'a' }),
      'elsewhere.yaml': configMapFile('elsewhere', 'default', { value: 'a' }),
      'account.yaml': `apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  namespace: ${name}\n`,
    })
    await ground.start(environment)
    const { lastReport } = await ground.status()
    assert.equal(lastReport?.result, 'partial', ground.log())
    assert.equal(lastReport.counts.applied, 2)
    const told = lastReport.problems.map(({ object, turn, at }) => `${object}, ${turn}, ${at?.file?.split('/').at(-1)}`)
    assert.deepEqual(
      new Set(told),
      new Set([
        'ConfigMap default/elsewhere, operator, elsewhere.yaml',
        `ServiceAccount ${name}/app, operator, account.yaml`,
      ]),
    )
    assert.equal(told.length, 2)
    for (const { help } of lastReport.problems) assert.match(help ?? '', /give the agent a role with the rule/)

    const path = `/api/v1/namespaces/${name}/configmaps`
    await ground.commit({ 'goes.yaml': null })
    const pruned = await ground.syncAgain()
    assert.equal(pruned.lastReport?.counts.pruned, 0, 'nothing is pruned while something could not be seen')
    await ground.commit({ 'elsewhere.yaml': null, 'account.yaml': null })
    const { lastReport: last } = await ground.syncAgain()
    assert.deepEqual([last?.result, last?.counts.pruned], ['full', 1], ground.log())
    assert.equal(await ground.live(`${path}/goes`), undefined)

    await ground.patch(`${path}/one`, { data: { value: 'hand' } })
    await come(async () => assert.equal((await ground.live(`${path}/one`)).data.value, 'a'), ground.log)
  },
)

/** ConfigMaps in the namespace of the objects and in the agent's own, as docs/agent.md says. */
async function narrowRights(cluster: TestCluster, { name, folder }: Ground): Promise<Readonly<Record<string, string>>> {
  const own = `lotse-${name}`
  const verbs = ['get', 'list', 'watch', 'create', 'patch', 'delete']
  for (const [namespace, rights] of [
    [name, verbs],
    [own, [...verbs, 'update']],
  ] as const) {
    const path = `/apis/${group}/v1/namespaces/${namespace}`
    const metadata = { name: 'narrow' }
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: rights }]
    await made(cluster, `${path}/roles`, { apiVersion: `${group}/v1`, kind: 'Role', metadata, rules })
    await made(cluster, `${path}/rolebindings`, {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: group, kind: 'Role', name: 'narrow' },
      subjects: [{ kind: 'ServiceAccount', name: 'narrow', namespace: own }],
    })
  }
  const token = await cluster.tokenFor({ namespace: own, serviceAccount: 'narrow' })
  await come(async () => {
    const { status } = await cluster.ask({ path: `/api/v1/namespaces/${name}/configmaps` }, { token })
    assert.equal(status, 200)
  }, String)
  const file = join(folder, 'narrow-token')
  await writeFile(file, token)
  return { KUBERNETES_TOKEN_FILE: file }
}

async function made(cluster: TestCluster, path: string, body: unknown): Promise<void> {
  const answer = await cluster.ask({ method: 'POST', path, body })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
}
