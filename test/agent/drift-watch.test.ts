import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inSyncKey } from '../../src/core/sync/in-sync-key.ts'
import type { LiveMetadata } from '../../src/core/sync/live-metadata.ts'
import { KubernetesError } from '../../src/io/kubernetes/errors.ts'
import type { KubernetesKind } from '../../src/io/kubernetes/kind.ts'
import type { Kubernetes, WatchEvent, WatchOptions } from '../../src/io/kubernetes/kubernetes.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { type DriftWatch, createDriftWatch } from '../../src/agent/drift-watch.ts'

const settings = metadataOf('settings', 1)
const object = 'ConfigMap demo/settings'

test('what looks as it did when it was in sync is no drift', async () => {
  const { tell, asks } = await watching()
  await tell({ type: 'modified', metadata: settings })
  assert.deepEqual(asks(), [])
})

test('what looks otherwise is asked for once for each state', async () => {
  const { tell, asks } = await watching()
  const changed = { type: 'modified', metadata: metadataOf('settings', 2) } as const
  await tell(changed)
  await tell(changed)
  assert.deepEqual(asks(), [true])
  await tell(changed)
  assert.deepEqual(asks(), [], 'it was left so, for a reason')
  await tell({ type: 'modified', metadata: settings })
  await tell(changed)
  assert.deepEqual(asks(), [true], 'it was put back, and changed again')
})

test('what is deleted has drifted, and what was pruned has not', async () => {
  const { tell, asks, keys } = await watching()
  await tell({ type: 'deleted', metadata: settings })
  keys.delete(object)
  assert.deepEqual(asks(), [false])
  keys.set(object, inSyncKey(settings))
  await tell({ type: 'deleted', metadata: settings })
  assert.deepEqual(asks(), [true])
})

test('our own change is no drift once its answer is there', async () => {
  const { tell, asks, keys } = await watching()
  const applied = metadataOf('settings', 2)
  await tell({ type: 'modified', metadata: applied })
  keys.set(object, inSyncKey(applied))
  assert.deepEqual(asks(), [false])
})

test('what is not in the inventory is none of ours', async () => {
  const { tell, asks } = await watching()
  await tell({ type: 'added', metadata: metadataOf('copied', 1) })
  assert.deepEqual(asks(), [])
})

test('what somebody keeps changing back is left to the timer', async () => {
  const { tell, asks } = await watching()
  const answers: (boolean | undefined)[] = []
  for (let round = 2; round < 9; round += 1) {
    await tell({ type: 'modified', metadata: metadataOf('settings', round) })
    answers.push(...asks())
  }
  assert.deepEqual(answers, [true, true, true, true, true, false, false])
})

test('a watch whose place is forgotten is listed anew, and followed again', async () => {
  const { fail, asks, watch, watched } = await watching()
  await fail(new KubernetesError('too old resource version', { class: 'expired', status: 410 }))
  assert.deepEqual(asks(), [true])
  watch.follow([{ kind: configMaps, resourceVersion: '20' }])
  await turned()
  assert.deepEqual(
    watched.map(({ resourceVersion }) => resourceVersion),
    ['10', '20'],
  )
})

test('a kind that is not listed any more is not watched any more', async () => {
  const { watch, watched } = await watching()
  watch.follow([])
  assert.equal(watched[0]?.signal.aborted, true)
})

const configMaps: KubernetesKind = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  group: '',
  version: 'v1',
  resource: 'configmaps',
  namespaced: true,
  verbs: ['watch'],
}

type Watching = {
  readonly watch: DriftWatch
  readonly watched: readonly WatchOptions[]
  readonly keys: Map<string, string>
  readonly tell: (event: WatchEvent) => Promise<void>
  readonly fail: (error: Error) => Promise<void>
  /** What was asked since the last time, and whether it still holds. */
  readonly asks: () => readonly boolean[]
}

async function watching(): Promise<Watching> {
  const keys = new Map([[object, inSyncKey(settings)]])
  const watched: WatchOptions[] = []
  const asked: (() => boolean)[] = []
  let next = Promise.withResolvers<WatchEvent>()
  async function* events(_kind: KubernetesKind, options: WatchOptions): AsyncGenerator<WatchEvent> {
    watched.push(options)
    for (;;) yield await next.promise
  }
  // Nothing else of it is asked here.
  const kubernetes = { watchMetadata: events } as unknown as Kubernetes
  const watch = createDriftWatch({
    kubernetes,
    selector: 'lotse.dev/sync=0123456789ab',
    keyOf: (name) => keys.get(name),
    drifted: (still) => void asked.push(still),
    log: silentLogger,
    now: () => new Date(0),
    random: () => 0,
  })
  watch.follow([{ kind: configMaps, resourceVersion: '10' }])
  await turned()
  return {
    watch,
    watched,
    keys,
    async tell(event) {
      const { resolve } = next
      next = Promise.withResolvers()
      resolve(event)
      await turned()
    },
    async fail(error) {
      next.reject(error)
      next = Promise.withResolvers()
      await turned()
    },
    asks: () => {
      // As the loop does: however often it was asked, it looks once.
      const [still] = asked.splice(0)
      return still === undefined ? [] : [still()]
    },
  }
}

function metadataOf(name: string, generation: number): LiveMetadata {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace: 'demo',
    name,
    uid: 'uid',
    resourceVersion: `${generation}`,
    generation,
    finalizers: [],
    labels: {},
    annotations: {},
    managedFields: [],
  }
}

function turned(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
