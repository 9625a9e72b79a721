import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createAuthority } from '../../src/sandbox/cluster/certificates.ts'
import { type Asker, askApi } from '../../src/sandbox/cluster/request.ts'
import { toolFits, tools } from '../../src/sandbox/tools/tool.ts'
import { type TestCluster, joinCluster, testsOnCluster } from './on-cluster.ts'

const onCluster = testsOnCluster(import.meta.filename)

onCluster('the cluster says the version that is asked for', async (cluster) => {
  const { body } = await cluster.ask({ path: '/version' })
  const { gitVersion } = body as { readonly gitVersion: string }
  assert.ok(toolFits(tools['kube-apiserver'], gitVersion), gitVersion)
})

onCluster('the cluster proves who it is', async ({ url, ca, admin }) => {
  const other = createAuthority(new Date()).certificate
  await assert.rejects(askApi({ url, ca: other, as: admin }, { path: '/version' }), { code: /CERT|SIGNATURE/ })
  assert.equal((await askApi({ url, ca, as: admin }, { path: '/version' })).status, 200)
})

onCluster('the administrator is in system:masters', async (cluster) => {
  assert.deepEqual(await whoIs(cluster, cluster.admin), {
    username: 'admin',
    groups: ['system:masters', 'system:authenticated'],
  })
})

onCluster('addUser gives a certificate for a person and their groups', async (cluster) => {
  assert.deepEqual(await whoIs(cluster, cluster.addUser({ user: 'alice', groups: ['developers', 'on-call'] })), {
    username: 'alice',
    groups: ['developers', 'on-call', 'system:authenticated'],
  })
})

onCluster('tokenFor gives a token for a person and their groups', async (cluster) => {
  const token = await cluster.tokenFor({ user: 'bob', groups: ['on-call'] })
  assert.deepEqual(await whoIs(cluster, { token }), { username: 'bob', groups: ['on-call', 'system:authenticated'] })
})

onCluster('tokenFor gives a token as a pod has it', async (cluster) => {
  const { namespace } = cluster
  const ask = { namespace, serviceAccount: 'agent' }
  await cluster.tokenFor(ask)
  const token = await cluster.tokenFor(ask)
  assert.deepEqual(await whoIs(cluster, { token }), {
    username: `system:serviceaccount:${namespace}:agent`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  })
})

onCluster('a token that nobody gave is refused', async (cluster) => {
  const token = await cluster.tokenFor({ user: 'bob', groups: [] })
  const [claim] = token.split('.').slice(1)
  const forged = token.replace(
    claim ?? '',
    Buffer.from('{"user":"admin","groups":["system:masters"]}').toString('base64url'),
  )
  for (const stranger of ['nonsense', forged]) {
    assert.equal((await cluster.ask({ path: '/api/v1/namespaces' }, { token: stranger })).status, 401)
  }
})

onCluster('what a person may do is up to RBAC', async (cluster) => {
  const { namespace } = cluster
  const carol = cluster.addUser({ user: 'carol', groups: ['readers'] })
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  assert.equal((await cluster.ask({ path }, carol)).status, 403)

  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`
  await made(cluster, `${rbac}/roles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'readers' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
  })
  await made(cluster, `${rbac}/rolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'readers' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'readers' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'readers' }],
  })
  assert.equal((await answerOtherThan(403, () => cluster.ask({ path }, carol))).status, 200)
  assert.equal((await cluster.ask({ method: 'POST', path, body: configMap('carols') }, carol)).status, 403)
})

onCluster('kubectl works with the kubeconfig', async (cluster) => {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-kubeconfig-'))
  try {
    const file = join(folder, 'config')
    await writeFile(file, cluster.kubeconfig(), { mode: 0o600 })
    const args = ['--kubeconfig', file, 'get', 'namespace', cluster.namespace, '-o', 'name']
    const { stdout } = await promisify(execFile)(cluster.kubectl, args, { env: { HOME: folder } })
    assert.equal(stdout, `namespace/${cluster.namespace}\n`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

onCluster('two files share the cluster, and do not see the objects of each other', async (cluster) => {
  const theirs = await joinCluster('another-file')
  assert.equal(theirs?.url, cluster.url)
  assert.notEqual(theirs.namespace, cluster.namespace)
  const configMapsOf = ({ namespace }: TestCluster): string => `/api/v1/namespaces/${namespace}/configmaps`
  await made(cluster, configMapsOf(cluster), configMap('of-ours'))
  const { body } = await theirs.ask({ path: configMapsOf(theirs) })
  assert.deepEqual((body as { readonly items: unknown }).items, [])
})

async function whoIs(cluster: TestCluster, as: Asker): Promise<unknown> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const answer = await cluster.ask(
    { method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', body },
    as,
  )
  assert.equal(answer.status, 201)
  const { status } = answer.body as {
    readonly status: { readonly userInfo: { readonly username: string; readonly groups: readonly string[] } }
  }
  const { username, groups } = status.userInfo
  return { username, groups }
}

async function made(cluster: TestCluster, path: string, body: unknown): Promise<void> {
  const answer = await cluster.ask({ method: 'POST', path, body })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
}

/** The authorizer hears of a role by a watch, a moment after it is made. */
async function answerOtherThan<T extends { readonly status: number }>(
  status: number,
  ask: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer.status !== status) return answer
  }
}

function configMap(name: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }
}
