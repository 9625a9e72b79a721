import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json as readJson } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { kubernetesFromKubeconfig } from '../../src/cli/kubeconfig.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { KubernetesObject } from '../../src/core/manifest/kubernetes-object.ts'
import { createKubernetes } from '../../src/io/kubernetes/client.ts'
import { KubernetesError } from '../../src/io/kubernetes/errors.ts'
import type { KubernetesKind } from '../../src/io/kubernetes/kind.ts'
import type { Kubernetes, WatchEvent } from '../../src/io/kubernetes/kubernetes.ts'
import type { Limits } from '../../src/io/kubernetes/limits.ts'
import type { KubernetesSettings } from '../../src/io/kubernetes/settings.ts'
import { type Credentials, openAuthority } from '../../src/sandbox/cluster/certificates.ts'
import { toolFits, tools } from '../../src/sandbox/tools/tool.ts'
import { type TestCluster, testsOnCluster } from './on-cluster.ts'

const onCluster = testsOnCluster(import.meta.filename)

onCluster('version says what the server is', async (cluster, t) => {
  assert.ok(toolFits(tools['kube-apiserver'], await asAdmin(cluster, t).version()))
})

onCluster('discover finds kinds by version, and by group in the version preferred', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const discovery = await kubernetes.discover()
  assert.deepEqual(discovery.find('apps/v1', 'Deployment'), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    group: 'apps',
    version: 'v1',
    resource: 'deployments',
    namespaced: true,
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  })
  assert.equal(discovery.find('v1', 'Namespace')?.namespaced, false)
  assert.equal(discovery.find('apps/v1beta1', 'Deployment'), undefined)
  assert.equal(discovery.kindOf('autoscaling', 'HorizontalPodAutoscaler')?.version, 'v2')
  assert.deepEqual(kubernetes.requests(), { discover: 2 })
  await kubernetes.discover()
  assert.deepEqual(kubernetes.requests(), { discover: 2 })
})

onCluster('discover finds a kind that came later when asked afresh', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const { group, crd } = aKindOfItsOwn(cluster)
  assert.equal((await kubernetes.discover()).kindOf(group, 'Boat'), undefined)
  await kubernetes.apply(crd, await kindOf(kubernetes, 'CustomResourceDefinition'))
  const boat = await until(t, async () => (await kubernetes.discover({ fresh: true })).find(`${group}/v1`, 'Boat'))
  assert.equal(boat.resource, 'boats')
})

onCluster('discover names a group whose server is down, and the others stay', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const group = `down-${unique()}.example.com`
  const service = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `v1.${group}`, labels: cluster.label },
    spec: {
      group,
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { namespace: cluster.namespace, name: 'nobody' },
    },
  }
  const kind = await kindOf(kubernetes, 'APIService')
  const { uid } = await kubernetes.apply(service, kind)
  try {
    const discovery = await until(t, async () => {
      const now = await kubernetes.discover({ fresh: true })
      return now.broken.some((broken) => broken.group === group) ? now : undefined
    })
    assert.notEqual(discovery.find('v1', 'ConfigMap'), undefined)
  } finally {
    await kubernetes.delete(kind, service.metadata, { uid })
  }
})

onCluster('apply makes an object, and the reply is what a list says of it', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const made = await kubernetes.apply(configMap(cluster, 'made', { a: '1' }), kind)
  assert.equal(made.kind, 'ConfigMap')
  assert.deepEqual(
    made.managedFields.map(({ manager, operation }) => ({ manager, operation })),
    [{ manager: 'lotse', operation: 'Apply' }],
  )
  const { namespace } = cluster
  const listed = await kubernetes.listMetadata(kind, { namespace, selector: `name=made` })
  assert.deepEqual(listed.items, [made])
  assert.deepEqual(await kubernetes.getMetadata(kind, { namespace, name: 'made' }), made)
})

onCluster('apply of the same leaves the resource version', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const object = configMap(cluster, 'same', { a: '1' })
  const first = await kubernetes.apply(object, kind)
  assert.deepEqual(await kubernetes.apply(object, kind), first)
  assert.notEqual(
    (await kubernetes.apply(configMap(cluster, 'same', { a: '2' }), kind)).resourceVersion,
    first.resourceVersion,
  )
})

onCluster('dryRun says what would be, and changes nothing', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const before = await kubernetes.apply(configMap(cluster, 'tried', { a: '1' }), kind)
  const changed = configMap(cluster, 'tried', { a: '2' })
  assert.deepEqual((await kubernetes.dryRun(changed, kind))['data'], { a: '2' })
  assert.equal((await kubernetes.apply(changed, kind, { dryRun: true })).uid, before.uid)
  assert.deepEqual(await kubernetes.getMetadata(kind, changed.metadata), before)
  const absent = configMap(cluster, 'never-made', {})
  await kubernetes.dryRun(absent, kind)
  assert.equal(await kubernetes.get(kind, absent.metadata), undefined)
})

onCluster('whole numbers beyond 2^53 come and go as they are', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const { group, crd } = aKindOfItsOwn(cluster)
  await kubernetes.apply(crd, await kindOf(kubernetes, 'CustomResourceDefinition'))
  const kind = await until(t, async () => (await kubernetes.discover({ fresh: true })).find(`${group}/v1`, 'Boat'))
  const boat: KubernetesObject = {
    apiVersion: `${group}/v1`,
    kind: 'Boat',
    metadata: { name: 'big', namespace: cluster.namespace },
    spec: { tons: 9_007_199_254_740_993n },
  }
  await until(t, async () => appliedOrNoKind(kubernetes, boat, kind))
  assert.deepEqual((await kubernetes.get(kind, boat.metadata))?.['spec'], boat['spec'])
})

onCluster('names keep their case and their colons', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'ClusterRole')
  const name = `lotse:My-Role-${unique()}`
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: cluster.label },
    rules: [],
  }
  const { uid } = await kubernetes.apply(role, kind)
  assert.equal((await kubernetes.getMetadata(kind, { name }))?.name, name)
  assert.equal(await kubernetes.getMetadata(kind, { name: name.toLowerCase() }), undefined)
  assert.equal(await kubernetes.delete(kind, { name }, { uid }), 'deleted')
})

onCluster('a list of several pages is whole', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t, { pageSize: 2 })
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const names = ['page-1', 'page-2', 'page-3', 'page-4', 'page-5']
  const labels = { of: 'pages' }
  await Promise.all(names.map((name) => kubernetes.apply(configMap(cluster, name, {}, labels), kind)))
  const options = { namespace: cluster.namespace, selector: 'of=pages' }
  const { items, resourceVersion } = await kubernetes.listMetadata(kind, options)
  assert.deepEqual(
    items.map(({ name }) => name),
    names,
  )
  assert.match(resourceVersion, /^\d+$/)
  assert.equal(kubernetes.requests().list, 3)
  const none = await kubernetes.listMetadata(kind, { ...options, selector: 'of=nothing' })
  assert.deepEqual(none.items, [])
})

onCluster('what kubectl applied last is not in the metadata', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'Secret')
  const object = secret(cluster, 'kubectls', {})
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":"value"}', other: 'stays' }
  const made = await kubernetes.create(kind, { ...object, metadata: { ...object.metadata, annotations } })
  assert.deepEqual(made.annotations, { other: 'stays' })
  const got = await kubernetes.get(kind, object.metadata)
  assert.deepEqual(got?.metadata['annotations'], { other: 'stays' })
})

onCluster('forbidden is not absent', async (cluster, t) => {
  const admin = asAdmin(cluster, t)
  const kind = await kindOf(admin, 'ConfigMap')
  const dave = connect(t, cluster, certificateOf(cluster.addUser({ user: 'dave', groups: [] })))
  const ref = { namespace: cluster.namespace, name: 'there-is-none' }
  assert.equal(await admin.getMetadata(kind, ref), undefined)
  const says = {
    class: 'forbidden',
    turn: 'operator',
    status: 403,
    help: /resources: \["configmaps"\], verbs: \["get"\]/,
  }
  await rejects(dave.getMetadata(kind, ref), says)
  await rejects(dave.get(kind, ref), says)
  await rejects(dave.listMetadata(kind, {}), { class: 'forbidden' })
  await rejects(dave.delete(kind, ref, { uid: 'any' }), { class: 'forbidden' })
  await rejects(dave.apply(configMap(cluster, 'daves', {}), kind), {
    class: 'forbidden',
    help: /resources: \["configmaps"\], verbs: \["patch"\]/,
  })
  const watch = dave.watchMetadata(kind, { resourceVersion: '0', signal: t.signal })
  await rejects(watch[Symbol.asyncIterator]().next(), { class: 'forbidden' })
})

onCluster('somebody unknown is unauthorized', async (cluster, t) => {
  const stranger = connect(t, cluster, { kind: 'token', token: { text: 'nonsense' } })
  await rejects(stranger.discover(), { class: 'unauthorized', turn: 'operator' })
})

onCluster('a kind that is not served is not an object that is absent', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = {
    ...(await kindOf(kubernetes, 'ConfigMap')),
    group: 'none.example.com',
    apiVersion: 'none.example.com/v1',
  }
  const ref = { namespace: cluster.namespace, name: 'any' }
  const says = { class: 'no-such-kind' }
  await rejects(kubernetes.getMetadata(kind, ref), says)
  await rejects(kubernetes.listMetadata(kind, {}), says)
  await rejects(kubernetes.apply(configMap(cluster, 'any', {}), kind), says)
  await rejects(kubernetes.delete(kind, ref, { uid: 'any' }), says)
  const noVersion = { ...(await kindOf(kubernetes, 'Deployment')), version: 'v1beta7', apiVersion: 'apps/v1beta7' }
  await rejects(kubernetes.getMetadata(noVersion, ref), says)
})

onCluster('delete takes the object with that UID alone', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const object = configMap(cluster, 'deleted', {})
  const { uid } = await kubernetes.apply(object, kind)
  const another = '00000000-0000-4000-8000-000000000000'
  assert.equal(await kubernetes.delete(kind, object.metadata, { uid: another }), 'other-uid')
  assert.equal((await kubernetes.getMetadata(kind, object.metadata))?.uid, uid)
  assert.equal(await kubernetes.delete(kind, object.metadata, { uid }), 'deleted')
  assert.equal(await kubernetes.delete(kind, object.metadata, { uid }), 'absent')
})

onCluster('delete of what is going already is no conflict', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'Namespace')
  const going = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `going-${unique()}`, labels: cluster.label } }
  const { uid } = await kubernetes.apply(going, kind)
  assert.equal(await kubernetes.delete(kind, going.metadata, { uid }), 'deleted')
  assert.equal(await kubernetes.delete(kind, going.metadata, { uid }), 'deleted')
  assert.equal(await kubernetes.delete(kind, going.metadata, { uid: 'another' }), 'other-uid')
})

onCluster('apply onto what is going says so', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const object = configMap(cluster, 'held', { a: '1' })
  const held = { ...object, metadata: { ...object.metadata, finalizers: ['lotse.dev/test'] } }
  const { uid } = await kubernetes.apply(held, kind)
  assert.equal(await kubernetes.delete(kind, object.metadata, { uid }), 'deleted')
  const applied = await kubernetes.apply({ ...held, data: { a: '2' } }, kind)
  assert.notEqual(applied.deletionTimestamp, undefined)
  assert.deepEqual(applied.finalizers, ['lotse.dev/test'])
  await kubernetes.apply(object, kind)
  assert.equal(await kubernetes.getMetadata(kind, object.metadata), undefined)
})

onCluster('a namespace that is going, or is not there, is named as the reason', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const namespaces = await kindOf(kubernetes, 'Namespace')
  const name = `ends-${unique()}`
  const { uid } = await kubernetes.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }, namespaces)
  await kubernetes.delete(namespaces, { name }, { uid })
  await rejects(kubernetes.apply(configMap({ ...cluster, namespace: name }, 'late', {}), kind), {
    class: 'namespace-terminating',
    turn: 'time',
  })
  await rejects(kubernetes.apply(configMap({ ...cluster, namespace: 'never-made' }, 'late', {}), kind), {
    class: 'no-such-namespace',
    turn: 'author',
  })
})

const mistakes: readonly { name: string; kind: string; change: JsonObject; says: object }[] = [
  { name: 'an unknown field', kind: 'Service', change: { spec: { prots: [] } }, says: { message: /prots/ } },
  {
    name: 'a list key twice',
    kind: 'Service',
    change: { spec: { ports: [{ port: 80 }, { port: 80 }] } },
    says: { class: 'invalid', turn: 'author' },
  },
  { name: 'a wrong value', kind: 'Service', change: { spec: { ports: [{ port: 99999 }] } }, says: { status: 422 } },
  { name: 'a wrong type', kind: 'Service', change: { spec: { ports: 'none' } }, says: {} },
  {
    name: 'a name that cannot be',
    kind: 'ConfigMap',
    change: { metadata: { name: 'Not_A_Name' } },
    says: { status: 422 },
  },
  {
    name: 'an object of 2 MB',
    kind: 'ConfigMap',
    change: { data: { a: 'x'.repeat(2e6) } },
    says: { class: /invalid|too-large/ },
  },
  {
    name: 'an object of 4 MB',
    kind: 'ConfigMap',
    change: { data: { a: 'x'.repeat(4e6) } },
    says: { class: 'too-large' },
  },
]
for (const { name, kind, change, says } of mistakes) {
  onCluster(`${name} is the author's mistake`, async (cluster, t) => {
    const kubernetes = asAdmin(cluster, t)
    const { metadata, ...others } = change
    const object = {
      apiVersion: 'v1',
      kind,
      ...others,
      metadata: { namespace: cluster.namespace, name: 'mistaken', ...(metadata as JsonObject | undefined) },
    }
    await rejects(kubernetes.apply(object, await kindOf(kubernetes, kind)), { turn: 'author', ...says })
  })
}

onCluster('what is wrong with a Secret is said without its values', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'Secret')
  const number = { ...secret(cluster, 'wrong', {}), data: { password: 31337 } }
  await rejects(kubernetes.apply(number, kind), { turn: 'author', message: /\.data\.password$/ })
  const notBase64 = { ...secret(cluster, 'wrong', {}), data: { password: 'hunter2!' } }
  await rejects(kubernetes.apply(notBase64, kind), {
    turn: 'author',
    message: /: illegal base64 data at input byte 7$/,
  })
})

onCluster('a policy and a quota are named', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const namespace = `limited-${unique()}`
  const labels = { ...cluster.label, 'pod-security.kubernetes.io/enforce': 'restricted' }
  await kubernetes.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    await kindOf(kubernetes, 'Namespace'),
  )
  await kubernetes.apply(
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { namespace, name: 'none' },
      spec: { hard: { 'count/configmaps': '0' } },
    },
    await kindOf(kubernetes, 'ResourceQuota'),
  )
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name: 'unrestricted' },
    spec: { containers: [{ name: 'a', image: 'a' }] },
  }
  await rejects(kubernetes.apply(pod, await kindOf(kubernetes, 'Pod')), {
    class: 'refused-by-policy',
    message: /violates PodSecurity/,
  })
  // Nobody counts here what is used: there is no controller manager.
  const path = `/api/v1/namespaces/${namespace}/resourcequotas/none/status`
  const counted = { hard: { 'count/configmaps': '0' }, used: { 'count/configmaps': '0' } }
  const status = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none' }, status: counted }
  assert.equal((await cluster.ask({ method: 'PUT', path, body: status })).status, 200)
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const refused = await until(t, async () =>
    refusalOf(kubernetes.apply(configMap({ ...cluster, namespace }, unique(), {}), kind)),
  )
  matches(refused, { class: 'quota', turn: 'operator' })
})

onCluster('a webhook that says no is told apart from one that says nothing', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const namespace = `hooked-${unique()}`
  await kubernetes.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: cluster.label } },
    await kindOf(kubernetes, 'Namespace'),
  )
  const hooks = await kindOf(kubernetes, 'ValidatingWebhookConfiguration')
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const url = await denyingWebhook(t, cluster, 'no config today')
  const hook = webhook({ cluster, namespace, url })
  const { uid } = await kubernetes.apply(hook, hooks)
  try {
    const tryOne = async (): Promise<unknown> =>
      refusalOf(kubernetes.apply(configMap({ ...cluster, namespace }, unique(), {}), kind, { dryRun: true }))
    const denied = await until(t, tryOne)
    matches(denied, { class: 'refused-by-webhook', turn: 'author', message: /no config today/ })
    await kubernetes.apply(webhook({ cluster, namespace, url: 'https://127.0.0.1:1/' }), hooks)
    const silent = await until(t, async () => {
      const error = await tryOne()
      return error instanceof KubernetesError && error.class !== 'refused-by-webhook' ? error : undefined
    })
    matches(silent, { class: 'webhook-unreachable', turn: 'time' })
  } finally {
    await kubernetes.delete(hooks, hook.metadata, { uid })
  }
})

onCluster('a policy of the cluster that says no is named', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const name = `no-deletes-${unique()}`
  const api = 'admissionregistration.k8s.io/v1'
  const policies = await kindOf(kubernetes, 'ValidatingAdmissionPolicy')
  const bindings = await kindOf(kubernetes, 'ValidatingAdmissionPolicyBinding')
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['configmaps'] }]
  const matchConstraints = { objectSelector: { matchLabels: { keep: name } }, resourceRules: rules }
  await kubernetes.apply(
    {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name, labels: cluster.label },
      spec: { matchConstraints, validations: [{ expression: 'false', message: 'it is needed' }] },
    },
    policies,
  )
  const spec = { policyName: name, validationActions: ['Deny'] }
  const binding = { apiVersion: api, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name }, spec }
  await kubernetes.apply(binding, bindings)
  // Policies are in force a moment after they are made.
  const refused = await until(t, async () => {
    const object = configMap(cluster, unique(), {}, { keep: name })
    const { uid } = await kubernetes.apply(object, kind)
    return refusalOf(kubernetes.delete(kind, object.metadata, { uid }))
  })
  matches(refused, { class: 'refused-by-policy', turn: 'author', message: /it is needed/ })
})

onCluster('create and replace refuse what somebody else has written', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const object = configMap(cluster, 'inventory', { a: '1' })
  const { resourceVersion } = await kubernetes.create(kind, object)
  await rejects(kubernetes.create(kind, object), { class: 'conflict', turn: 'time', reason: 'AlreadyExists' })
  const next = { ...object, metadata: { ...object.metadata, resourceVersion }, data: { a: '2' } }
  const replaced = await kubernetes.replace(kind, next)
  assert.notEqual(replaced.resourceVersion, resourceVersion)
  await rejects(kubernetes.replace(kind, next), { class: 'conflict', reason: 'Conflict' })
  await rejects(kubernetes.replace(kind, configMap(cluster, 'none', {})), { class: 'not-found' })
})

onCluster('patch changes what it is told, unless its test fails', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const { metadata } = configMap(cluster, 'patched', {})
  const { resourceVersion } = await kubernetes.apply(configMap(cluster, 'patched', { a: '1' }), kind)
  const patch = (seen: string): readonly JsonObject[] => [
    { op: 'test', path: '/metadata/resourceVersion', value: seen },
    { op: 'replace', path: '/data/a', value: '2' },
  ]
  await rejects(kubernetes.patch(kind, metadata, patch('1')), { class: 'conflict' })
  await kubernetes.patch(kind, metadata, patch(resourceVersion))
  assert.deepEqual((await kubernetes.get(kind, metadata))?.['data'], { a: '2' })
  const wrong = [{ op: 'replace', path: '/data/a', value: { not: 'a text' } }]
  await rejects(kubernetes.patch(kind, metadata, wrong), { turn: 'author' })
})

onCluster('watchMetadata tells what is added, modified and deleted', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const options = { namespace: cluster.namespace, selector: 'of=watch' }
  const { resourceVersion } = await kubernetes.listMetadata(kind, options)
  const over = new AbortController()
  const events: string[] = []
  const write = async (data: Readonly<Record<string, string>>): Promise<{ readonly uid: string }> =>
    kubernetes.apply(configMap(cluster, 'watched', data, { of: 'watch' }), kind)
  const { uid } = await write({ a: '1' })
  for await (const event of kubernetes.watchMetadata(kind, { ...options, resourceVersion, signal: over.signal })) {
    if (event.type === 'bookmark') continue
    events.push(`${event.type} ${event.metadata.name}`)
    if (event.type === 'added') await write({ a: '2' })
    if (event.type === 'modified') await kubernetes.delete(kind, event.metadata, { uid })
    if (event.type === 'deleted') over.abort()
  }
  assert.deepEqual(events, ['added watched', 'modified watched', 'deleted watched'])
})

onCluster('a watch ends when the server ends it', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t, { watchMs: 1000 })
  const kind = await kindOf(kubernetes, 'ConfigMap')
  const options = { namespace: cluster.namespace, selector: 'of=nothing' }
  const { resourceVersion } = await kubernetes.listMetadata(kind, options)
  const events: WatchEvent[] = []
  const watch = kubernetes.watchMetadata(kind, { ...options, resourceVersion, signal: t.signal })
  for await (const event of watch) events.push(event)
  assert.deepEqual(
    events.filter(({ type }) => type !== 'bookmark'),
    [],
  )
})

onCluster('a token that is replaced in its file is taken up', async (cluster, t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-token-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'token')
  const ca = join(folder, 'ca.crt')
  await writeFile(ca, cluster.ca)
  await writeFile(file, await cluster.tokenFor({ user: 'erin', groups: ['system:masters'] }))
  const settings = { server: cluster.url, ca: { file: ca }, credentials: { kind: 'token', token: { file } } } as const
  const kubernetes = createKubernetes(settings)
  t.after(kubernetes.close)
  await kubernetes.version()
  await writeFile(file, 'expired')
  // Within the minute that it is known for, the old one goes on; here nobody waits for it.
  await kubernetes.version()
  const later = createKubernetes(settings, { limits: { rereadMs: 0 } })
  t.after(later.close)
  await rejects(later.discover(), { class: 'unauthorized' })
  await writeFile(file, await cluster.tokenFor({ namespace: cluster.namespace, serviceAccount: 'agent' }))
  assert.notEqual((await later.discover()).find('v1', 'ConfigMap'), undefined)
})

onCluster('the way of a kubeconfig leads to the cluster', async (cluster, t) => {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-kubeconfig-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const token = await cluster.tokenFor({ user: 'frank', groups: [] })
  for (const kubeconfig of [cluster.kubeconfig(), cluster.kubeconfig({ token })]) {
    const path = join(folder, 'config')
    await writeFile(path, kubeconfig)
    const kubernetes = createKubernetes(await kubernetesFromKubeconfig(path))
    t.after(kubernetes.close)
    assert.notEqual((await kubernetes.discover()).find('v1', 'ConfigMap'), undefined)
  }
})

onCluster('requests counts what is sent', async (cluster, t) => {
  const kubernetes = asAdmin(cluster, t)
  const discovery = await kubernetes.discover()
  const six = ['ConfigMap', 'Secret', 'Service', 'ServiceAccount', 'Namespace', 'Pod']
  for (const kind of six.map((name) => discovery.find('v1', name))) {
    assert.ok(kind !== undefined)
    await kubernetes.listMetadata(kind, { selector: 'lotse.dev/sync=0123456789ab' })
  }
  const kind = await kindOf(kubernetes, 'ConfigMap')
  await kubernetes.apply(configMap(cluster, 'counted', { a: '1' }), kind)
  assert.deepEqual(kubernetes.requests(), { discover: 2, list: 6, apply: 1 })
})

function asAdmin(cluster: TestCluster, t: TestContext, limits: Partial<Limits> = {}): Kubernetes {
  return connect(t, cluster, certificateOf(cluster.admin), limits)
}

function connect(
  t: TestContext,
  cluster: TestCluster,
  credentials: KubernetesSettings['credentials'],
  limits: Partial<Limits> = {},
): Kubernetes {
  const kubernetes = createKubernetes({ server: cluster.url, ca: { text: cluster.ca }, credentials }, { limits })
  t.after(kubernetes.close)
  return kubernetes
}

function certificateOf({ certificate, key }: Credentials): KubernetesSettings['credentials'] {
  return { kind: 'certificate', certificate: { text: certificate }, key: { text: key } }
}

async function kindOf(kubernetes: Kubernetes, name: string): Promise<KubernetesKind> {
  const kind = (await kubernetes.discover()).kinds.find((served) => served.kind === name)
  assert.ok(kind !== undefined, name)
  return kind
}

function configMap(
  { namespace, label }: Pick<TestCluster, 'namespace' | 'label'>,
  name: string,
  data: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { ...label, name, ...labels } },
    data,
  }
}

function secret({ namespace }: TestCluster, name: string, data: JsonObject): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data }
}

function aKindOfItsOwn({ label }: TestCluster): { readonly group: string; readonly crd: KubernetesObject } {
  const group = `boats-${unique()}.example.com`
  const spec = { type: 'object', properties: { tons: { type: 'integer', format: 'int64' } } }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } }
  const crd: KubernetesObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `boats.${group}`, labels: label },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Boat', plural: 'boats', singular: 'boat', listKind: 'BoatList' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  }
  return { group, crd }
}

/** A kind is discovered a moment before it is served. */
async function appliedOrNoKind(
  kubernetes: Kubernetes,
  object: KubernetesObject,
  kind: KubernetesKind,
): Promise<unknown> {
  return kubernetes.apply(object, kind).catch((error: unknown) => {
    if (error instanceof KubernetesError && error.class === 'no-such-kind') return undefined
    throw error
  })
}

async function denyingWebhook(t: TestContext, { access }: TestCluster, message: string): Promise<string> {
  const { certificate, key } = openAuthority(access.authority, () => new Date()).issueServer(['127.0.0.1'])
  const server = createServer({ cert: certificate, key }, (request, response) => {
    void readJson(request).then((review) => {
      const { request: asked } = review as { readonly request: { readonly uid: string } }
      const answer = { uid: asked.uid, allowed: false, status: { code: 400, message } }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

type Hook = { readonly cluster: TestCluster; readonly namespace: string; readonly url: string }

function webhook({ cluster, namespace, url }: Hook): KubernetesObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: namespace, labels: cluster.label },
    webhooks: [
      {
        name: 'denies.example.com',
        clientConfig: { url, caBundle: Buffer.from(cluster.ca).toString('base64') },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        failurePolicy: 'Fail',
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  }
}

/** What the server hears of by a watch of its own comes a moment later; the test's own limit of time is the end. */
async function until<T>(t: TestContext, look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    t.signal.throwIfAborted()
    const found = await look()
    if (found !== undefined) return found
  }
}

/** What it was refused with; undefined when it was not. */
async function refusalOf(act: Promise<unknown>): Promise<unknown> {
  return act.then(
    () => undefined,
    (error: unknown) => error,
  )
}

type Says = Readonly<Record<string, unknown>>

async function rejects(promise: Promise<unknown>, says: object): Promise<void> {
  matches((await refusalOf(promise)) ?? assert.fail('it was not refused'), says)
}

function matches(error: unknown, says: object): void {
  if (!(error instanceof KubernetesError)) throw error
  const facts: Says = Object.fromEntries([...Object.entries(error), ['message', error.message]])
  for (const [key, expected] of Object.entries(says)) {
    if (expected instanceof RegExp) assert.match(String(facts[key]), expected)
    else assert.equal(facts[key], expected, `${key} of ${JSON.stringify(facts)}`)
  }
}

function unique(): string {
  return randomBytes(4).toString('hex')
}
