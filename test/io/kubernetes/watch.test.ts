import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import type { Kubernetes, WatchEvent } from '../../../src/io/kubernetes/kubernetes.ts'
import { answerJson, configMaps, partial, refusalOf, serve, status } from './test-server.ts'

const never = new AbortController().signal

test('a watch asks for metadata, bookmarks and an end', async (t) => {
  const { kubernetes, seen } = await serve(t, (request, response) => {
    assert.match(request.headers.accept ?? '', /^application\/json;as=PartialObjectMetadata;/)
    assert.equal(request.headers['accept-encoding'], undefined)
    begin(response).end()
  })
  assert.deepEqual(await eventsOf(kubernetes), [])
  assert.deepEqual(seen, [
    'GET /api/v1/configmaps?watch=true&labelSelector=lotse.dev%2Fsync%3D0a1b&resourceVersion=42&allowWatchBookmarks=true&timeoutSeconds=300',
  ])
  assert.deepEqual(kubernetes.requests(), { watch: 1 })
})

test('events come as they are said, however they are cut', async (t) => {
  const text = [
    event('ADDED', partial('käse')),
    event('BOOKMARK', { metadata: { resourceVersion: '50' } }),
    '\n',
    event('DELETED', partial('käse')),
  ].join('')
  const { kubernetes } = await serve(t, (_, response) => void writeBytes(begin(response), Buffer.from(text)))
  assert.deepEqual(
    (await eventsOf(kubernetes)).map((said) => (said.type === 'bookmark' ? said.resourceVersion : said.metadata.name)),
    ['käse', '50', 'käse'],
  )
})

test('a watch that is cut off is unreachable, after what it said', async (t) => {
  const { kubernetes } = await serve(t, (_, response) => {
    begin(response).write(`${event('ADDED', partial('a'))}{"type":"MOD`, () => response.destroy())
  })
  const events: WatchEvent[] = []
  const { class: is, turn } = await refusalOf(eventsOf(kubernetes, events))
  assert.deepEqual([is, turn, events.length], ['unreachable', 'time', 1])
})

const expired = status(410, 'Expired')

test('a watch from too far back is expired, be it said at once or in an event', async (t) => {
  const { kubernetes: atOnce } = await serve(t, (_, response) => answerJson(response, expired, 410))
  assert.equal((await refusalOf(eventsOf(atOnce))).class, 'expired')
  const { kubernetes: later } = await serve(t, (_, response) => begin(response).end(event('ERROR', expired)))
  assert.equal((await refusalOf(eventsOf(later))).class, 'expired')
})

const senseless: readonly string[] = ['<html>\n', '{"type":"ADDED"}\n', '{"type":"EXPLODED","object":{}}\n', '[]\n']
for (const text of senseless) {
  test(`a watch that says ${text.trim()} is a bad answer`, async (t) => {
    const { kubernetes } = await serve(t, (_, response) => begin(response).end(text))
    assert.equal((await refusalOf(eventsOf(kubernetes))).class, 'bad-answer')
  })
}

test('a watch that nobody wants any more ends, and its connection with it', async (t) => {
  const over = new AbortController()
  const closed = Promise.withResolvers<void>()
  const { kubernetes } = await serve(t, (_, response) => {
    response.on('close', closed.resolve)
    begin(response).write(event('ADDED', partial('a')))
  })
  for await (const said of watch(kubernetes, over.signal)) {
    assert.equal(said.type, 'added')
    over.abort()
  }
  await closed.promise
})

test('a watch that is left in its middle closes its connection', async (t) => {
  const closed = Promise.withResolvers<void>()
  const { kubernetes } = await serve(t, (_, response) => {
    response.on('close', closed.resolve)
    begin(response).write(event('ADDED', partial('a')))
  })
  for await (const said of watch(kubernetes, never)) {
    assert.equal(said.type, 'added')
    break
  }
  await closed.promise
})

test('a watch that its server forgot ends a while after it should have', async (t) => {
  const { kubernetes } = await serve(t, (_, response) => begin(response).flushHeaders(), {
    limits: { watchMs: 20, watchGraceMs: 20 },
  })
  assert.deepEqual(await eventsOf(kubernetes), [])
})

test('a watch that is not even answered is timed out', async (t) => {
  const { kubernetes } = await serve(t, () => undefined, { limits: { timeoutMs: 20 } })
  assert.equal((await refusalOf(eventsOf(kubernetes))).class, 'timed-out')
})

test('a line without an end is not held', async (t) => {
  const { kubernetes } = await serve(t, (_, response) => void begin(response).write('x'.repeat(5000)), {
    limits: { bodyBytes: 1000 },
  })
  assert.equal((await refusalOf(eventsOf(kubernetes))).class, 'answer-too-large')
})

test('watches do not take the connections of others', async (t) => {
  const { kubernetes } = await serve(
    t,
    (request, response) => {
      if (request.url?.includes('watch=true') === true) begin(response).write(event('ADDED', partial('a')))
      else answerJson(response, partial('web'))
    },
    { limits: { requests: 1 } },
  )
  const over = new AbortController()
  const watches = [watch(kubernetes, over.signal), watch(kubernetes, over.signal)]
  for (const each of watches) await each[Symbol.asyncIterator]().next()
  assert.notEqual(await kubernetes.getMetadata(configMaps, { namespace: 'demo', name: 'web' }), undefined)
  over.abort()
})

function watch(kubernetes: Kubernetes, signal: AbortSignal): AsyncIterable<WatchEvent> {
  return kubernetes.watchMetadata(configMaps, { selector: 'lotse.dev/sync=0a1b', resourceVersion: '42', signal })
}

async function eventsOf(kubernetes: Kubernetes, events: WatchEvent[] = []): Promise<readonly WatchEvent[]> {
  for await (const said of watch(kubernetes, never)) events.push(said)
  return events
}

function begin(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'application/json;stream=watch' })
}

/** Each byte a chunk of its own. */
async function writeBytes(response: ServerResponse, bytes: Buffer): Promise<void> {
  for (const byte of bytes) await new Promise((resolve) => response.write(Buffer.of(byte), resolve))
  response.end()
}

function event(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`
}
