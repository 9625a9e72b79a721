import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { answerJson, configMaps, partial, refusalOf, serve, status } from './test-server.ts'

test('a list goes from page to page', async (t) => {
  const { kubernetes, seen } = await serve(
    t,
    (request, response) =>
      isFirst(request) ? answerJson(response, page(['a', 'b'], 'next/2')) : answerJson(response, page(['c'])),
    { limits: { pageSize: 2 } },
  )
  const { items, resourceVersion } = await kubernetes.listMetadata(configMaps, { selector: 'lotse.dev/sync=0a1b' })
  assert.deepEqual(
    items.map(({ name }) => name),
    ['a', 'b', 'c'],
  )
  assert.equal(resourceVersion, '42')
  assert.deepEqual(seen, [
    'GET /api/v1/configmaps?labelSelector=lotse.dev%2Fsync%3D0a1b&limit=2',
    'GET /api/v1/configmaps?labelSelector=lotse.dev%2Fsync%3D0a1b&limit=2&continue=next%2F2',
  ])
})

test('a list whose place is forgotten begins again, and holds nothing twice', async (t) => {
  let forgotten = false
  const { kubernetes, seen } = await serve(t, (request, response) => {
    if (isFirst(request)) return answerJson(response, page(['a'], 'next'))
    if (forgotten) return answerJson(response, page(['b']))
    forgotten = true
    return answerJson(response, status(410, 'Expired'), 410)
  })
  const { items } = await kubernetes.listMetadata(configMaps, {})
  assert.deepEqual(
    items.map(({ name }) => name),
    ['a', 'b'],
  )
  assert.equal(seen.length, 4)
})

test('a list whose place is always forgotten ends', async (t) => {
  const { kubernetes, seen } = await serve(t, (request, response) =>
    isFirst(request) ? answerJson(response, page(['a'], 'next')) : answerJson(response, status(410, 'Expired'), 410),
  )
  assert.equal((await refusalOf(kubernetes.listMetadata(configMaps, {}))).class, 'expired')
  assert.equal(seen.length, 6)
})

test('a list of a namespace asks there', async (t) => {
  const { kubernetes, seen } = await serve(t, (_, response) =>
    answerJson(response, { items: null, metadata: { resourceVersion: '42' } }),
  )
  assert.deepEqual(await kubernetes.listMetadata(configMaps, { namespace: 'demo' }), {
    items: [],
    resourceVersion: '42',
  })
  assert.deepEqual(seen, ['GET /api/v1/namespaces/demo/configmaps?limit=500'])
})

const noLists: readonly { name: string; body: object }[] = [
  { name: 'without items', body: { metadata: { resourceVersion: '42' } } },
  { name: 'without a version', body: { items: [] } },
  { name: 'of things without a name', body: { items: [{}], metadata: { resourceVersion: '42' } } },
]
for (const { name, body } of noLists) {
  test(`an answer ${name} is no empty list`, async (t) => {
    const { kubernetes } = await serve(t, (_, response) => answerJson(response, body))
    assert.equal((await refusalOf(kubernetes.listMetadata(configMaps, {}))).class, 'bad-answer')
  })
}

function isFirst(request: IncomingMessage): boolean {
  return request.url?.includes('continue=') !== true
}

function page(names: readonly string[], next?: string): object {
  const metadata = { resourceVersion: '42', ...(next === undefined ? {} : { continue: next }) }
  return { kind: 'PartialObjectMetadataList', metadata, items: names.map((name) => partial(name)) }
}
