import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerJson, refusalOf, serve, status } from './test-server.ts'

const kindList = (items: readonly object[]): object => ({ kind: 'APIGroupDiscoveryList', items })

const core = kindList([
  {
    metadata: {},
    versions: [{ version: 'v1', freshness: 'Current', resources: [resource('ConfigMap', 'configmaps')] }],
  },
])

test('aggregated discovery is two requests', async (t) => {
  const { kubernetes, seen } = await serve(t, (request, response) => {
    assert.match(request.headers.accept ?? '', /as=APIGroupDiscoveryList/)
    answerJson(response, request.url === '/api' ? core : kindList([]))
  })
  const discovery = await kubernetes.discover()
  assert.equal(discovery.find('v1', 'ConfigMap')?.resource, 'configmaps')
  assert.equal(discovery.find('v1', 'configmap'), undefined)
  assert.deepEqual(discovery.broken, [])
  assert.deepEqual(seen.toSorted(), ['GET /api', 'GET /apis'])
})

test('a stale group is named, and what is known of it stays', async (t) => {
  const stale = {
    metadata: { name: 'metrics.k8s.io' },
    versions: [{ version: 'v1beta1', freshness: 'Stale', resources: [resource('PodMetrics', 'pods')] }],
  }
  const { kubernetes } = await serve(t, (request, response) =>
    answerJson(response, request.url === '/api' ? core : kindList([stale])),
  )
  const { broken, find } = await kubernetes.discover()
  assert.deepEqual(
    broken.map(({ group, version }) => ({ group, version })),
    [{ group: 'metrics.k8s.io', version: 'v1beta1' }],
  )
  assert.notEqual(find('metrics.k8s.io/v1beta1', 'PodMetrics'), undefined)
  assert.notEqual(find('v1', 'ConfigMap'), undefined)
})

test('what makes no sense is no kind', async (t) => {
  const senseless = [resource('', 'things'), resource('Thing', '../secrets'), { resource: 'things' }, null, 'things']
  const { kubernetes } = await serve(t, (request, response) => {
    const versions = [null, { resources: [resource('Thing', 'things')] }, { version: 'v1', resources: senseless }]
    const item = { metadata: { name: 'example.com' }, versions }
    answerJson(response, request.url === '/api' ? core : kindList([item]))
  })
  assert.deepEqual(
    (await kubernetes.discover()).kinds.map(({ kind }) => kind),
    ['ConfigMap'],
  )
})

const classic: Readonly<Record<string, object>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/api/v1': { resources: [classicResource('ConfigMap', 'configmaps'), classicResource('Scale', 'pods/scale')] },
  '/apis': {
    kind: 'APIGroupList',
    groups: [
      {
        name: 'autoscaling',
        versions: [{ version: 'v1' }, { version: 'v2' }],
        preferredVersion: { version: 'v2' },
      },
      { name: 'metrics.k8s.io', versions: [{ version: 'v1beta1' }], preferredVersion: { version: 'v1beta1' } },
    ],
  },
  '/apis/autoscaling/v1': { resources: [classicResource('HorizontalPodAutoscaler', 'horizontalpodautoscalers')] },
  '/apis/autoscaling/v2': { resources: [classicResource('HorizontalPodAutoscaler', 'horizontalpodautoscalers')] },
}

test('a server from before aggregated discovery is asked for each version', async (t) => {
  const { kubernetes } = await serve(t, (request, response) => {
    const answer = classic[request.url ?? '']
    if (answer === undefined) answerJson(response, status(503, 'ServiceUnavailable'), 503)
    else answerJson(response, answer)
  })
  const { kinds, kindOf, find, broken } = await kubernetes.discover()
  assert.deepEqual(
    kinds.map(({ apiVersion, kind, namespaced }) => ({ apiVersion, kind, namespaced })),
    [
      { apiVersion: 'v1', kind: 'ConfigMap', namespaced: true },
      { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespaced: true },
      { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', namespaced: true },
    ],
  )
  assert.equal(kindOf('autoscaling', 'HorizontalPodAutoscaler')?.version, 'v2')
  assert.notEqual(find('autoscaling/v1', 'HorizontalPodAutoscaler'), undefined)
  assert.deepEqual(broken, [{ group: 'metrics.k8s.io', version: 'v1beta1', because: 'ServiceUnavailable' }])
  assert.deepEqual(kubernetes.requests(), { discover: 6 })
})

test('discover reads once for all who ask, and again when it failed or fresh is asked for', async (t) => {
  let down = true
  const { kubernetes } = await serve(t, (request, response) => {
    if (down) answerJson(response, status(503, 'ServiceUnavailable'), 503)
    else answerJson(response, request.url === '/api' ? core : kindList([]))
  })
  assert.equal((await refusalOf(kubernetes.discover())).class, 'unavailable')
  down = false
  assert.deepEqual(kubernetes.requests(), { discover: 2 })
  const [one, two] = await Promise.all([kubernetes.discover(), kubernetes.discover()])
  assert.equal(one, two)
  assert.equal(await kubernetes.discover(), one)
  assert.deepEqual(kubernetes.requests(), { discover: 4 })
  assert.notEqual(await kubernetes.discover({ fresh: true }), one)
  assert.deepEqual(kubernetes.requests(), { discover: 6 })
})

function resource(kind: string, plural: string): object {
  return { resource: plural, responseKind: { kind }, scope: 'Namespaced', verbs: ['get', 'list'] }
}

function classicResource(kind: string, name: string): object {
  return { name, kind, namespaced: true, verbs: ['get', 'list'] }
}
