import assert from 'node:assert/strict'
import type { LiveDiff } from '../../src/core/diff/live-diff.ts'
import { type CommitSha, parsePullNumber } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { type Ground, configMapFile, namespaceFile, openGround } from '../agent/ground.ts'
import { testsOnCluster } from './on-cluster.ts'

const onCluster = testsOnCluster(import.meta.filename)
const pull = guaranteed(parsePullNumber(7))

onCluster('the live diff says what a pull request changes, and writes nothing', async (cluster) => {
  const name = `${cluster.namespace}-diff`
  await using ground = await openGround(cluster, name)
  const base = await ground.commit({
    'namespace.yaml': namespaceFile(name),
    'settings.yaml': configMapFile('settings', name, { greeting: 'Moin', place: 'Hamburg' }),
    'goes.yaml': configMapFile('goes', name, { value: 'a' }),
    'secret.yaml': secretFile(name, 'hidden-before'),
  })
  await ground.start()
  const head = await ground.commit(
    {
      'settings.yaml': configMapFile('settings', name, { greeting: 'Ahoi', place: 'Hamburg' }),
      'comes.yaml': configMapFile('comes', name, { value: 'new' }),
      'goes.yaml': null,
      'secret.yaml': secretFile(name, 'hidden-after'),
      'elsewhere/namespace.yaml': namespaceFile(`${name}-new`),
      'elsewhere/one.yaml': configMapFile('one', `${name}-new`, { value: 'a' }),
    },
    'feature',
  )
  const before = await everything(ground)
  let diff: LiveDiff | undefined
  const cost = await ground.costOf(async () => (diff = await diffOf(ground, base, head)))
  assert.deepEqual(
    diff?.changes.map(({ object, action }) => `${action} ${object}`),
    [
      `create Namespace ${name}-new`,
      `create ConfigMap ${name}-new/one`,
      `create ConfigMap ${name}/comes`,
      `change ConfigMap ${name}/settings`,
      `change Secret ${name}/password`,
      `delete ConfigMap ${name}/goes`,
    ],
  )
  assert.deepEqual(diff.problems, [])
  assert.deepEqual(diff.drift, [])
  const changed = diff.changes.find(({ object }) => object === `ConfigMap ${name}/settings`)
  assert.ok(changed?.lines.includes('-  greeting: Moin'))
  assert.ok(changed?.lines.includes('+  greeting: Ahoi'))
  assert.equal(changed?.file, `clusters/${name}/settings.yaml`)
  assert.doesNotMatch(JSON.stringify(diff), /hidden|aGlkZGVu/)
  assert.deepEqual(
    Object.keys(cost).filter((verb) => !['list', 'get', 'dry-run'].includes(verb)),
    [],
  )
  assert.deepEqual(await everything(ground), before)
})

onCluster('the live diff tells drift of what the pull request leaves alone', async (cluster) => {
  const name = `${cluster.namespace}-drifted`
  await using ground = await openGround(cluster, name)
  const base = await ground.commit({
    'namespace.yaml': namespaceFile(name),
    'settings.yaml': configMapFile('settings', name, { greeting: 'Moin' }),
    'other.yaml': configMapFile('other', name, { value: 'a' }),
  })
  await ground.start()
  const head = await ground.commit({ 'other.yaml': configMapFile('other', name, { value: 'b' }) }, 'feature')
  await ground.patch(`/api/v1/namespaces/${name}/configmaps/settings`, {
    metadata: { annotations: { 'lotse.dev/suspend': 'looking at it' } },
    data: { greeting: 'hand' },
  })
  const diff = await diffOf(ground, base, head)
  assert.deepEqual(
    diff.drift.map(({ object, lines }) => [object, lines.filter((line) => /greeting/.test(line))]),
    [[`ConfigMap ${name}/settings`, ['-  greeting: hand', '+  greeting: Moin']]],
  )
})

onCluster('the live diff shows nothing of an object that is not ours', async (cluster) => {
  const name = `${cluster.namespace}-foreign`
  await using ground = await openGround(cluster, name)
  const base = await ground.commit({ 'namespace.yaml': namespaceFile(name) })
  await ground.start()
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs' }, data: { token: 'of-their-own' } }
  await cluster.ask({ method: 'POST', path: `/api/v1/namespaces/${name}/configmaps`, body })
  const head = await ground.commit({ 'theirs.yaml': configMapFile('theirs', name, { more: 'ours' }) }, 'feature')
  const diff = await diffOf(ground, base, head)
  assert.deepEqual(
    diff.changes.map(({ object, action, lines }) => [object, action, lines]),
    [[`ConfigMap ${name}/theirs`, 'take-over', []]],
  )
  assert.doesNotMatch(JSON.stringify(diff), /of-their-own/)
})

onCluster('the live diff of a commit that is not there says so', async (cluster) => {
  const name = `${cluster.namespace}-none`
  await using ground = await openGround(cluster, name)
  const base = await ground.commit({ 'namespace.yaml': namespaceFile(name) })
  await ground.start()
  const head = 'f'.repeat(40) as CommitSha
  const { result } = await ground.bot.ask({ kind: 'diff', pull, base, head }, 'diffed')
  assert.equal(result.kind, 'failed')
})

async function diffOf(ground: Ground, base: CommitSha, head: CommitSha): Promise<LiveDiff> {
  const { result } = await ground.bot.ask({ kind: 'diff', pull, base, head }, 'diffed')
  assert.equal(result.kind, 'diff', JSON.stringify(result))
  return result.diff
}

/** All that the pull request could have touched, as it is. */
async function everything(ground: Ground): Promise<unknown> {
  const path = `/api/v1/namespaces/${ground.name}`
  const found = await Promise.all(
    [`${path}/configmaps`, `${path}/secrets`, path, `${path}-new`].map((one) => ground.live(one)),
  )
  return found.map((one) => (one?.items === undefined ? one : one.items))
}

function secretFile(namespace: string, value: string): string {
  return `apiVersion: v1\nkind: Secret\nmetadata:\n  name: password\n  namespace: ${namespace}\nstringData:\n  password: ${value}\n`
}
