import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { type JsonObject, type Json, jsonAt } from '../../src/core/json.ts'
import { type KubernetesObject, formatObjectId, objectIdOf } from '../../src/core/manifest/kubernetes-object.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { differs } from '../../src/core/sync/differs.ts'
import { inSyncKey } from '../../src/core/sync/in-sync-key.ts'
import { type Inventory, recordOf } from '../../src/core/sync/inventory.ts'
import type { LiveMetadata } from '../../src/core/sync/live-metadata.ts'
import { appliedHash, marked } from '../../src/core/sync/mark.ts'
import { changedBy, takeOver } from '../../src/core/sync/ownership.ts'
import { planSync } from '../../src/core/sync/plan.ts'
import { withoutOwnedReplicas } from '../../src/core/sync/replicas.ts'
import { parseSyncId } from '../../src/core/sync/sync-id.ts'
import { type TestCluster, testsOnCluster } from './on-cluster.ts'

// What a real API server does with ownership, and that the sync's decisions rest on it.

const onCluster = testsOnCluster(import.meta.filename)
const id = guaranteed(parseSyncId('0123456789ab'))

const shop = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'shop' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'shop' } },
    template: {
      metadata: { labels: { app: 'shop' } },
      spec: {
        containers: [{ name: 'web', image: 'eu.gcr.io/project/shop:1.2.0', env: [{ name: 'COLOUR', value: 'red' }] }],
      },
    },
  },
}

onCluster('a hotfix by kubectl edit that git does not say does not stay', async (cluster, t) => {
  const git = await objectFor(cluster, t, shop)
  await git.apply()
  await git.kubectl(['edit', 'deployment', git.name], "sed -i 's/^      dnsPolicy:.*/&\\n      hostNetwork: true/'")
  assert.equal(jsonAt(await git.get(), 'spec', 'template', 'spec', 'hostNetwork'), true)
  assert.deepEqual(changedBy(await git.metadata()), ['kubectl-edit'])

  await git.apply()
  assert.equal(jsonAt(await git.get(), 'spec', 'template', 'spec', 'hostNetwork'), true, 'an apply alone leaves it')
  await git.takeOver()
  await git.apply()
  assert.equal(jsonAt(await git.get(), 'spec', 'template', 'spec', 'hostNetwork'), undefined)
})

onCluster('a field that kubectl apply once set and git has dropped goes', async (cluster, t) => {
  const git = await objectFor(cluster, t, configMap({ kept: '1', dropped: '1' }))
  await git.kubectlApply()
  await git.takeOver()
  await git.apply(configMap({ kept: '1' }))
  const live = await git.get()
  assert.deepEqual(jsonAt(live, 'data'), { kept: '1' })
  assert.equal(jsonAt(live, 'metadata', 'annotations', 'kubectl.kubernetes.io/last-applied-configuration'), undefined)
  assert.equal(takeOver(await git.metadata()), undefined, 'nothing is left to take over')
})

onCluster('what kubectl edits after our apply is taken over into the entry that we have', async (cluster, t) => {
  const git = await objectFor(cluster, t, configMap({ kept: '1' }))
  await git.apply()
  await git.kubectl(['patch', 'configmap', git.name, '-p', '{"data":{"hotfix":"1"}}'])
  await git.takeOver()
  const owners = (await git.metadata()).managedFields.map(({ manager }) => manager)
  assert.deepEqual(owners, ['lotse'])
  await git.apply()
  assert.deepEqual(jsonAt(await git.get(), 'data'), { kept: '1' })
})

for (const ports of ['named', 'unnamed'] as const) {
  onCluster(`list key edited by hand 80→81 can be put back after take-over, ${ports} port`, async (cluster, t) => {
    const git = await objectFor(cluster, t, service({ port: 80, named: ports === 'named' }))
    await git.apply()
    await git.kubectl(['edit', 'service', git.name], "sed -i 's/port: 80$/port: 81/'")
    assert.deepEqual(portsOf(await git.get()), [81])
    await assert.rejects(git.apply(), /^AssertionError \[ERR_ASSERTION\]: 422 /, 'an apply alone cannot')
    await git.takeOver()
    await git.apply()
    assert.deepEqual(portsOf(await git.get()), [80])
  })

  onCluster(`list key changed in git 80→81 over a history of kubectl apply, ${ports} port`, async (cluster, t) => {
    const git = await objectFor(cluster, t, service({ port: 80, named: ports === 'named' }))
    await git.kubectlApply()
    await git.takeOver()
    await git.apply(service({ port: 81, named: ports === 'named' }))
    assert.deepEqual(portsOf(await git.get()), [81])
  })
}

onCluster("kubectl rollout restart's annotation stays", async (cluster, t) => {
  const git = await objectFor(cluster, t, shop)
  await git.apply()
  await git.kubectl(['rollout', 'restart', 'deployment', git.name])
  assert.equal(takeOver(await git.metadata()), undefined)
  await git.apply()
  assert.notEqual(restartedAt(await git.get()), undefined)
})

onCluster('the restart of an old kubectl stays, while the rest of what it owns is taken over', async (cluster, t) => {
  const git = await objectFor(cluster, t, shop)
  await git.apply()
  await git.patchAs('kubectl', {
    metadata: { labels: { hotfix: 'yes' } },
    spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' } } } },
  })
  await git.takeOver()
  await git.apply()
  const live = await git.get()
  assert.equal(restartedAt(live), '2026-01-01T00:00:00Z')
  assert.equal(jsonAt(live, 'metadata', 'labels', 'hotfix'), undefined)
})

onCluster('replicas that git does not say are not scaled to one', async (cluster, t) => {
  const { replicas: _replicas, ...spec } = shop.spec
  const git = await objectFor(cluster, t, shop)
  await git.kubectlApply()
  await git.kubectl(['patch', 'deployment', git.name, '-p', '{"spec":{"replicas":5}}'])
  await git.takeOver()
  await git.apply({ ...shop, spec })
  assert.equal(jsonAt(await git.get(), 'spec', 'replicas'), 5)
})

onCluster('replicas that an autoscaler has written stay when we leave them out', async (cluster, t) => {
  const git = await objectFor(cluster, t, shop)
  await git.apply()
  assert.equal(withoutOwnedReplicas(git.body, await git.metadata()), git.body, 'at first only we own them')
  await git.scaleAs('kube-controller-manager', 7)
  const body = withoutOwnedReplicas(git.body, await git.metadata())
  assert.equal(jsonAt(body, 'spec', 'replicas'), undefined)
  await git.send(body)
  assert.equal(jsonAt(await git.get(), 'spec', 'replicas'), 7)
})

onCluster('a finalizer stays with whoever owned it before the first apply', async (cluster, t) => {
  const git = await objectFor(cluster, t, configMap({ kept: '1' }))
  await git.create({ ...configMap({ kept: '1', dropped: '1' }), metadata: { finalizers: ['example.com/hold'] } })
  await git.patchJson([{ op: 'replace', path: '/metadata/managedFields', value: [{}] }])
  await git.apply()
  assert.ok((await git.metadata()).managedFields.some(({ manager }) => manager === 'before-first-apply'))
  await git.takeOver()
  await git.apply()
  const live = await git.get()
  assert.deepEqual(jsonAt(live, 'data'), { kept: '1' })
  assert.deepEqual(jsonAt(live, 'metadata', 'finalizers'), ['example.com/hold'])
})

onCluster('what a person says to us by kubectl edit stays', async (cluster, t) => {
  const git = await objectFor(cluster, t, configMap({ kept: '1' }))
  await git.apply()
  await git.patchAs('kubectl-edit', { metadata: { annotations: { 'lotse.dev/prune': 'disabled', note: '1' } } })
  await git.takeOver()
  await git.apply()
  const { annotations } = await git.metadata()
  assert.equal(annotations['lotse.dev/prune'], 'disabled')
  assert.equal(annotations['note'], undefined)
})

onCluster('what kubectl applied in an older version is taken over', async (cluster, t) => {
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' }
  const old = {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'shop' },
    spec: { scaleTargetRef: target, minReplicas: 2, maxReplicas: 4, targetCPUUtilizationPercentage: 80 },
  }
  const metric = {
    type: 'Resource',
    resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 70 } },
  }
  const spec = { scaleTargetRef: target, minReplicas: 2, maxReplicas: 4, metrics: [metric] }
  const git = await objectFor(cluster, t, old)
  await git.kubectlApply()
  await git.takeOver()
  await git.apply({ ...old, apiVersion: 'autoscaling/v2', spec })
  assert.deepEqual(jsonAt(await git.get('autoscaling/v2'), 'spec', 'metrics'), [metric])
})

onCluster('a take-over of an object that was changed meanwhile is a conflict', async (cluster, t) => {
  const git = await objectFor(cluster, t, configMap({ kept: '1' }))
  await git.kubectlApply()
  const patch = takeOver(await git.metadata())
  assert.ok(patch)
  await git.kubectl(['label', 'configmap', git.name, 'note=1'])
  const { status } = await git.patchJson(patch)
  assert.equal(status, 409)
})

onCluster('a take-over changes nothing but who owns what', async (cluster, t) => {
  const git = await objectFor(cluster, t, shop)
  await git.kubectlApply()
  const before = await git.get()
  await git.takeOver()
  const after = await git.get()
  assert.equal(differs(before, after), false)
  assert.equal(jsonAt(after, 'metadata', 'generation'), jsonAt(before, 'metadata', 'generation'))
})

type Change = (git: GitObject) => Promise<unknown>

const unseen: Readonly<Record<string, Change>> = {
  'a write of the status': (git) => git.writeStatus({ replicas: 2, observedGeneration: 1 }),
  'our own apply once more': (git) => git.apply(),
}

const seen: Readonly<Record<string, Change>> = {
  'kubectl set image': (git) =>
    git.kubectl(['set', 'image', `deployment/${git.name}`, 'web=eu.gcr.io/project/shop:1.2.1']),
  'kubectl edit of a value': (git) =>
    git.kubectl(['edit', 'deployment', git.name], "sed -i 's/value: red/value: blue/'"),
  'kubectl scale': (git) => git.kubectl(['scale', 'deployment', git.name, '--replicas=3']),
  'kubectl label': (git) => git.kubectl(['label', 'deployment', git.name, 'by=hand']),
  'a container that somebody added': (git) =>
    git.patchAs('somebody', { spec: { template: { spec: { containers: [{ name: 'extra', image: 'extra' }] } } } }),
  'a privilege that somebody added': (git) =>
    git.patchAs('somebody', { spec: { template: { spec: { hostNetwork: true } } } }),
  'other values on the same paths, under our own name': (git) =>
    git.apply(
      withEnv([
        { name: 'COLOUR', value: 'blue' },
        { name: 'SIZE', value: 'large' },
      ]),
    ),
  'an order that somebody changed': (git) =>
    git.patchJson([{ op: 'replace', path: '/spec/template/spec/containers/0/env', value: orderedEnv.toReversed() }]),
  'managed fields that were wiped': (git) =>
    git.patchJson([{ op: 'replace', path: '/metadata/managedFields', value: [{}] }]),
}

const orderedEnv = [
  { name: 'COLOUR', value: 'red' },
  { name: 'SIZE', value: 'small' },
]

for (const [name, change] of Object.entries(unseen)) {
  onCluster(`inSyncKey is unchanged by ${name}`, async (cluster, t) => {
    const { before, after } = await keysAround(await objectFor(cluster, t, shop), change)
    assert.equal(after, before)
  })
}

for (const [name, change] of Object.entries(seen)) {
  onCluster(`inSyncKey is changed by ${name}`, async (cluster, t) => {
    const { before, after } = await keysAround(await objectFor(cluster, t, withEnv(orderedEnv)), change)
    assert.notEqual(after, before)
  })
}

onCluster('inSyncKey is changed by an edited value of a ConfigMap, which has no generation', async (cluster, t) => {
  const { before, after } = await keysAround(await objectFor(cluster, t, configMap({ kept: '1' })), (git) =>
    git.kubectl(['edit', 'configmap', git.name], 'sed -i \'s/kept: "1"/kept: "2"/\''),
  )
  assert.notEqual(after, before)
})

onCluster('inSyncKey is changed by a delete and a new object of the same name', async (cluster, t) => {
  const git = await objectFor(cluster, t, configMap({ kept: '1' }))
  const { before, after } = await keysAround(git, async () => {
    await git.delete()
    await git.apply()
  })
  assert.notEqual(after, before)
})

onCluster('an object with nothing but a name has a key that stays', async (cluster, t) => {
  const git = await objectFor(cluster, t, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bare' } })
  await git.create({})
  const bare = await git.metadata()
  assert.equal(inSyncKey(bare), inSyncKey(await git.metadata()))
  const { before, after } = await keysAround(git, (same) => same.apply())
  assert.equal(after, before)
})

onCluster('differs says no of a dry run on what was just applied, and yes of drift', async (cluster, t) => {
  const git = await objectFor(cluster, t, shop)
  await git.apply()
  assert.equal(differs(await git.get(), await git.send(git.body, { dryRun: true })), false)
  await git.writeStatus({ replicas: 2, observedGeneration: 1 })
  assert.equal(differs(await git.get(), await git.send(git.body, { dryRun: true })), false)
  await git.kubectl(['set', 'image', `deployment/${git.name}`, 'web=eu.gcr.io/project/shop:1.2.1'])
  assert.equal(differs(await git.get(), await git.send(git.body, { dryRun: true })), true)
})

onCluster('planSync leaves what was just applied, and verifies what was edited by hand', async (cluster, t) => {
  const git = await objectFor(cluster, t, shop)
  const stepNow = async (inventory: Inventory): Promise<string | undefined> => {
    const live = new Map([[formatObjectId(objectIdOf(git.object)), await git.metadata()]])
    const objects = [{ object: git.object, at: { file: 'shop.yaml', line: 1, column: 1 } }]
    return planSync({ id, objects, inventory, live, verify: false }).stages.flat()[0]?.step.do
  }
  const record = recordOf(readMetadata(await git.apply()), appliedHash(git.object))
  const inventory = { sequence: 1, entries: [record] }
  assert.equal(await stepNow(inventory), 'leave')
  await git.writeStatus({ replicas: 2, observedGeneration: 1 })
  assert.equal(await stepNow(inventory), 'leave')
  await git.kubectl(['set', 'image', `deployment/${git.name}`, 'web=eu.gcr.io/project/shop:1.2.1'])
  assert.equal(await stepNow(inventory), 'verify')
})

async function keysAround(
  git: GitObject,
  change: Change,
): Promise<{ readonly before: string; readonly after: string }> {
  await git.apply()
  const before = inSyncKey(await git.metadata())
  await change(git)
  return { before, after: inSyncKey(await git.metadata()) }
}

/** An object as git has it, and all that can happen to it. Each test has its own name for it. */
type GitObject = Awaited<ReturnType<typeof objectFor>>

let made = 0

async function objectFor(cluster: TestCluster, t: TestContext, manifest: Manifest) {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-ownership-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const config = join(folder, 'config')
  await writeFile(config, cluster.kubeconfig(), { mode: 0o600 })
  made += 1
  const name = `${manifest.metadata.name}-${made}`
  const { namespace, kubectl } = cluster

  const objectOf = ({ metadata, ...rest }: Manifest): KubernetesObject =>
    ({ ...rest, metadata: { ...metadata, name, namespace } }) as KubernetesObject
  const pathOf = (apiVersion: string): string => {
    const plural = `${manifest.kind.toLowerCase()}s`
    return `${apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`}/namespaces/${namespace}/${plural}`
  }
  const path = `${pathOf(manifest.apiVersion)}/${name}`
  const ask = async (request: Parameters<TestCluster['ask']>[0]) => {
    const { status, body } = await cluster.ask(request)
    return { status, body: body as KubernetesObject }
  }
  const wellAsk = async (request: Parameters<TestCluster['ask']>[0]): Promise<KubernetesObject> => {
    const { status, body } = await ask(request)
    assert.ok(status < 300, `${status} ${JSON.stringify(body)}`)
    return body
  }
  const body = marked(objectOf(manifest), id)
  const get = (apiVersion = manifest.apiVersion) => wellAsk({ path: `${pathOf(apiVersion)}/${name}` })
  const metadata = async (): Promise<LiveMetadata> => readMetadata(await get())
  const send = (object: KubernetesObject, { dryRun = false } = {}) =>
    wellAsk({
      method: 'PATCH',
      path: `${pathOf(object.apiVersion)}/${name}?fieldManager=lotse&force=true${dryRun ? '&dryRun=All' : ''}`,
      contentType: 'application/apply-patch+yaml',
      body: object,
    })
  const patchJson = (patch: Json) =>
    ask({ method: 'PATCH', path, contentType: 'application/json-patch+json', body: patch })
  const kubectlRun = async (args: readonly string[], editor = 'false') => {
    const env = { HOME: folder, PATH: process.env['PATH'], KUBE_EDITOR: editor }
    await promisify(execFile)(kubectl, ['--kubeconfig', config, '-n', namespace, ...args], { env })
  }
  return {
    name,
    object: objectOf(manifest),
    body,
    get,
    metadata,
    send,
    patchJson,
    kubectl: kubectlRun,
    apply: (changed: Manifest = manifest) => send(marked(objectOf(changed), id)),
    create: (fields: JsonObject) => {
      const object = { ...objectOf(manifest), ...fields }
      const metadataOfIt = { ...(jsonAt(fields, 'metadata') as JsonObject | undefined), name, namespace }
      return wellAsk({ method: 'POST', path: pathOf(manifest.apiVersion), body: { ...object, metadata: metadataOfIt } })
    },
    delete: () => wellAsk({ method: 'DELETE', path }),
    takeOver: async () => {
      const patch = takeOver(await metadata())
      assert.ok(patch, 'there is something to take over')
      const { status, body: answer } = await patchJson(patch)
      assert.equal(status, 200, JSON.stringify(answer))
    },
    patchAs: (manager: string, patch: JsonObject) =>
      wellAsk({
        method: 'PATCH',
        path: `${path}?fieldManager=${manager}`,
        contentType: 'application/strategic-merge-patch+json',
        body: patch,
      }),
    scaleAs: (manager: string, replicas: number) =>
      wellAsk({
        method: 'PATCH',
        path: `${path}/scale?fieldManager=${manager}`,
        contentType: 'application/merge-patch+json',
        body: { spec: { replicas } },
      }),
    writeStatus: (status: JsonObject) =>
      wellAsk({
        method: 'PATCH',
        path: `${path}/status?fieldManager=kube-controller-manager`,
        contentType: 'application/merge-patch+json',
        body: { status },
      }),
    kubectlApply: async () => {
      const file = join(folder, 'manifest.json')
      await writeFile(file, JSON.stringify(objectOf(manifest)))
      await kubectlRun(['apply', '-f', file])
    },
  }
}

type Manifest = JsonObject & {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: JsonObject & { readonly name: string }
}

function configMap(data: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data }
}

function service({ port, named }: { readonly port: number; readonly named: boolean }): Manifest {
  const ports = [{ ...(named ? { name: 'http' } : {}), port, targetPort: 8080 }]
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' }, spec: { selector: { app: 'shop' }, ports } }
}

function withEnv(env: JsonObject[]): Manifest {
  const { template } = shop.spec
  const containers = template.spec.containers.map((container) => ({ ...container, env }))
  return { ...shop, spec: { ...shop.spec, template: { ...template, spec: { containers } } } }
}

function portsOf(object: KubernetesObject): readonly (Json | undefined)[] {
  const ports = jsonAt(object, 'spec', 'ports')
  return Array.isArray(ports) ? ports.map((port: Json) => jsonAt(port, 'port')) : []
}

function restartedAt(object: KubernetesObject): Json | undefined {
  return jsonAt(object, 'spec', 'template', 'metadata', 'annotations', 'kubectl.kubernetes.io/restartedAt')
}

function readMetadata({ apiVersion, kind, metadata }: KubernetesObject): LiveMetadata {
  return {
    finalizers: [],
    labels: {},
    annotations: {},
    managedFields: [],
    ...metadata,
    apiVersion,
    kind,
  } as unknown as LiveMetadata
}
