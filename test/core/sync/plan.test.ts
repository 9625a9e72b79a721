import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/core/json.ts'
import { formatObjectId, objectIdOf } from '../../../src/core/manifest/kubernetes-object.ts'
import { type InventoryEntry, emptyInventory } from '../../../src/core/sync/inventory.ts'
import type { LiveMetadata } from '../../../src/core/sync/live-metadata.ts'
import { marked } from '../../../src/core/sync/mark.ts'
import { takeOver } from '../../../src/core/sync/ownership.ts'
import { type SyncStep, planSync } from '../../../src/core/sync/plan.ts'
import { entry, entryOf, file, liveOf, namespace, object, otherSyncId, syncId, wanted } from './objects.ts'

type Facts = {
  readonly git?: JsonObject
  readonly live?: LiveMetadata | 'absent' | 'unknown' | 'missing'
  readonly remembered?: InventoryEntry | 'nothing'
  readonly verify?: boolean
}

const web = liveOf(object())
const edited = liveOf(object(), { managedFields: [...web.managedFields, entry()] })
const others = { ...web.annotations, 'lotse.dev/mark': `${otherSyncId}:apps/Deployment:demo/web` }
const annotated = (annotations: Readonly<Record<string, string>>): LiveMetadata => ({
  ...web,
  annotations: { ...web.annotations, ...annotations },
})

const at = { file, line: 1, column: 1 }
const unseen: SyncStep = {
  do: 'refuse',
  problem: {
    object: 'apps/Deployment demo/web',
    at,
    message: 'the agent cannot see whether the object is there, so it is left alone',
    help: 'Let the agent read this kind (get, list, watch), or mend the API group: the log says which.',
    turn: 'operator',
  },
}
const rival: SyncStep = {
  do: 'refuse',
  problem: {
    object: 'apps/Deployment demo/web',
    at,
    message: `the object belongs to another sync, \`${otherSyncId}\`; this one is \`${syncId}\``,
    help: `Remove it from one of the two repositories; or, to take it over, annotate it here with lotse.dev/take-over: "${otherSyncId}".`,
    turn: 'author',
  },
}
const ownership = takeOver(edited)
const wiped = liveOf(object(), { managedFields: [] })
const kubectls = liveOf(object(), { annotations: {}, labels: {}, managedFields: [entry({ manager: 'kubectl' })] })
const copied = liveOf(object(), { annotations: { 'lotse.dev/mark': `${syncId}:apps/Deployment:demo/other` } })
const going = liveOf(object(), { deletionTimestamp: '2026-11-01T00:00:00Z', finalizers: ['a', 'b'] })
const handedOver = liveOf(object(), { annotations: others })
const v2 = liveOf(object({ spec: { replicas: 3 } }))

const steps: Readonly<Record<string, readonly [Facts, SyncStep]>> = {
  'leaves what is in sync': [{}, { do: 'leave', live: web }],
  'verifies what is in sync when it is asked to': [{ verify: true }, { do: 'verify', live: web }],
  'applies what is not there': [
    { live: 'absent', remembered: 'nothing' },
    { do: 'apply', because: 'new' },
  ],
  'applies again what somebody has deleted': [{ live: 'absent' }, { do: 'apply', because: 'new' }],
  'applies what git has changed': [{ git: { spec: { replicas: 3 } } }, { do: 'apply', because: 'changed', live: web }],
  'applies what git has changed, and takes over first': [
    { git: { spec: { replicas: 3 } }, live: edited },
    { do: 'apply', because: 'changed', live: edited, ...(ownership && { ownership }) },
  ],
  'applies v1 again over a v2 whose agent was killed before it remembered that': [
    { live: v2 },
    { do: 'apply', because: 'changed', live: v2 },
  ],
  'verifies what has another key': [{ remembered: entryOf(object(), { key: 'x' }) }, { do: 'verify', live: web }],
  'verifies what has another uid': [{ remembered: entryOf(object(), { uid: 'x' }) }, { do: 'verify', live: web }],
  'verifies what another hash is remembered of': [
    { remembered: entryOf(object(), { hash: 'x' }) },
    { do: 'verify', live: web },
  ],
  'verifies what nothing is remembered of': [{ remembered: 'nothing' }, { do: 'verify', live: web }],
  'verifies what was edited by hand, and takes over first': [
    { live: edited },
    { do: 'verify', live: edited, ...(ownership && { ownership }) },
  ],
  'verifies what has lost its managed fields': [{ live: wiped }, { do: 'verify', live: wiped }],
  'takes over what somebody else has made': [
    { live: kubectls, remembered: 'nothing' },
    { do: 'apply', because: 'take-over', live: kubectls, ownership: takeOver(kubectls) ?? [] },
  ],
  'takes over a copy of ours': [{ live: copied }, { do: 'apply', because: 'take-over', live: copied }],
  'refuses what belongs to another sync': [{ live: handedOver }, rival],
  'takes over from another sync that git names': [
    { live: handedOver, git: { metadata: { annotations: { 'lotse.dev/take-over': otherSyncId } } } },
    { do: 'apply', because: 'take-over', live: handedOver },
  ],
  'refuses what belongs to another sync than the one that git names': [
    { live: handedOver, git: { metadata: { annotations: { 'lotse.dev/take-over': syncId } } } },
    rival,
  ],
  'waits for what is being deleted': [
    { live: going },
    {
      do: 'wait',
      problem: {
        object: 'apps/Deployment demo/web',
        at,
        message: 'it is being deleted, and waits for what its finalizers stand for: a, b',
        turn: 'time',
      },
    },
  ],
  'refuses what cannot be seen': [{ live: 'unknown' }, unseen],
  'refuses what nobody has looked up': [{ live: 'missing' }, unseen],
  'skips what is suspended in the cluster': [
    { live: annotated({ 'lotse.dev/suspend': 'incident 7' }), git: { spec: { replicas: 3 } } },
    { do: 'skip', because: 'suspended in the cluster: incident 7' },
  ],
  'skips what is suspended in git': [
    { git: { metadata: { annotations: { 'lotse.dev/suspend': 'true' } } } },
    { do: 'skip', because: 'suspended in git' },
  ],
  'leaves what is not suspended any more': [
    { live: annotated({ 'lotse.dev/suspend': 'false' }) },
    { do: 'leave', live: annotated({ 'lotse.dev/suspend': 'false' }) },
  ],
  'skips what Flux v1 ignores in the cluster': [
    { live: annotated({ 'fluxcd.io/ignore': 'sync_only' }) },
    { do: 'skip', because: 'fluxcd.io/ignore in the cluster' },
  ],
  'skips what Flux v1 ignores in git': [
    { git: { metadata: { annotations: { 'flux.weave.works/ignore': 'true' } } }, live: 'absent' },
    { do: 'skip', because: 'flux.weave.works/ignore in git' },
  ],
}

for (const [name, [facts, expected]] of Object.entries(steps)) {
  test(`planSync ${name}`, () => assert.deepEqual(planned(facts)?.step, expected))
}

test('planSync sends the marked object', () => {
  assert.deepEqual(planned({})?.body, marked(object(), syncId))
})

test('planSync goes by stages, each sorted by id', () => {
  const objects = [
    wanted({}, { name: 'b' }),
    wanted({ apiVersion: 'v1', kind: 'Secret' }),
    wanted({}, { name: 'a' }),
    namespace('demo'),
  ]
  const live = new Map(objects.map((each) => [formatObjectId(objectIdOf(each.object)), 'absent'] as const))
  const { stages, before } = planSync({ id: syncId, objects, inventory: emptyInventory, live, verify: false })
  const ids = stages.map((stage) => stage.map(({ id }) => formatObjectId(id)))
  assert.deepEqual(ids, [
    ['Namespace demo'],
    ['Secret demo/web'],
    ['apps/Deployment demo/a', 'apps/Deployment demo/b'],
    [],
  ])
  assert.deepEqual(
    before.entries.map(({ id }) => formatObjectId(id)),
    ids.flat(),
  )
})

test('planSync does not note in the inventory what it will not apply', () => {
  for (const live of ['unknown', handedOver, going] as const) {
    assert.deepEqual(planOf({ live, remembered: 'nothing' }).before.entries, [])
  }
})

const autoscaler = wanted({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
})
const scaledBy = (manager: string): LiveMetadata =>
  liveOf(object(), {
    managedFields: [
      ...web.managedFields,
      entry({ manager, subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } }),
    ],
  })

const replicas: Readonly<Record<string, readonly [LiveMetadata, boolean, JsonObject]>> = {
  'are left to an autoscaler in git that has written them': [scaledBy('kube-controller-manager'), true, {}],
  'are said until the autoscaler has written them': [web, true, { replicas: 2 }],
  'are said where no autoscaler in git scales the workload': [scaledBy('kubectl'), false, { replicas: 2 }],
}

for (const [name, [live, autoscaled, spec]] of Object.entries(replicas)) {
  test(`replicas ${name}`, () => {
    const objects = [wanted(), ...(autoscaled ? [autoscaler] : [])]
    const facts = { id: syncId, objects, inventory: emptyInventory, verify: false }
    const plan = planSync({ ...facts, live: new Map([['apps/Deployment demo/web', live]]) })
    const body = plan.stages.flat().find(({ id }) => id.kind === 'Deployment')?.body
    assert.deepEqual(body?.['spec'], spec)
  })
}

test('the hash of what is wanted does not depend on who owns the replicas', () => {
  const objects = [wanted(), autoscaler]
  const live = new Map([['apps/Deployment demo/web', scaledBy('kube-controller-manager')]])
  const inventory = { sequence: 1, entries: [entryOf(object())] }
  const { stages } = planSync({ id: syncId, objects, inventory, live, verify: false })
  assert.equal(stages.flat().find(({ id }) => id.kind === 'Deployment')?.step.do, 'leave')
})

function planOf({ git = {}, live = web, remembered = entryOf(object()), verify = false }: Facts) {
  const { metadata = {}, ...changes } = git
  const source = wanted(changes, metadata as JsonObject)
  return planSync({
    id: syncId,
    objects: [source],
    inventory: { sequence: 1, entries: remembered === 'nothing' ? [] : [remembered] },
    live: new Map(live === 'missing' ? [] : [['apps/Deployment demo/web', live]]),
    verify,
  })
}

function planned(facts: Facts) {
  return planOf(facts).stages.flat()[0]
}
