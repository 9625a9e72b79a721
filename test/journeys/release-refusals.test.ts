import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openDatabase } from '../../src/io/store/database.ts'
import { acmeFiles } from '../../src/sandbox/acme.ts'
import { pushImage } from '../../src/sandbox/registry/push-image.ts'
import { type World, acme, openWorld, startWorld } from '../support/world.ts'

const hourMs = 3_600_000
const prefix = 'lotse/release/production/'

const configured = (rules: string): string =>
  `version: 1\nclusters: { production: { path: clusters/production } }\nrelease: { ${rules} }\n`

const workload = (
  name: string,
  containers: Readonly<Record<string, string>>,
  automated = 'true',
): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: demo
  annotations:
    fluxcd.io/automated: "${automated}"
${Object.keys(containers)
  .map((container) => `    fluxcd.io/tag.${container}: semver:*\n`)
  .join('')}spec:
  template:
    spec:
      containers:
${Object.entries(containers)
  .map(([container, image]) => `        - name: ${container}\n          image: eu.gcr.io/project/${image}\n`)
  .join('')}`

const web = 'clusters/production/web.yaml'
const worker = 'clusters/production/demo-worker.yaml'
const original: Readonly<Record<string, string>> = {
  [web]: workload('web', { app: 'app:1.0.0', proxy: 'proxy:1.0.0' }),
}

/** A workload of two images, each of which has a newer tag. */
async function withNewTags(rules: string): Promise<World> {
  const world = await openWorld({
    files: {
      '.github/lotse.yaml': configured(rules),
      [worker]: null,
      'clusters/production/demo-service.yaml': null,
      ...original,
    },
  })
  for (const name of ['app', 'proxy']) for (const tag of ['1.0.0', '1.0.1']) await pushTo(world, name, tag)
  await world.startBot()
  return world
}

async function pushTo(world: World, name: string, tag: string): Promise<void> {
  await pushImage(world.registry.url, { repository: `project/${name}`, tag })
}

async function bobPushes(world: World, files: Readonly<Record<string, string | null>>, branch = 'main'): Promise<void> {
  await world.github.person('bob').push(acme.repository, { branch, files, message: 'Bob was here' })
}

async function configure(world: World, rules: string): Promise<void> {
  await bobPushes(world, { '.github/lotse.yaml': configured(rules) })
  await world.rest()
}

/** The number of the open pull request about an image. */
function about(world: World, image: string): number {
  const found = world.pulls().find(({ title, state }) => state === 'open' && title.includes(`/${image}:`))
  assert.ok(found !== undefined, `no open pull request about ${image}`)
  return found.number
}

async function close(world: World, number: number): Promise<void> {
  await world.github.person('bob').closePull(acme.repository, number)
  await world.rest()
}

/** What each open pull request brings, by its branch. */
async function brought(world: World): Promise<Readonly<Record<string, readonly string[]>>> {
  const open = world.pulls().filter(({ state }) => state === 'open')
  const entries = open.map(async (pull) => {
    const added = (await world.changes(pull)).filter((line) => line.startsWith('+'))
    return [pull.branch.replace(prefix, ''), added.map((line) => line.slice(line.lastIndexOf('/') + 1))] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** The tags of the workload on the default branch. */
async function tags(world: World): Promise<readonly string[]> {
  return [...(await world.file(web)).matchAll(/project\/(\S+)/g)].map(([, image = '']) => image)
}

describe('a tag that a person has refused', () => {
  test('stays out when the others are committed, one after the other', async () => {
    await using world = await withNewTags('group: image')
    await close(world, about(world, 'proxy'))
    await configure(world, 'group: all, merge: commit')
    assert.deepEqual(await tags(world), ['app:1.0.1', 'proxy:1.0.0'])
    world.pass(hourMs)
    await pushTo(world, 'app', '1.0.2')
    await world.rest()
    await world.restartBot()
    assert.deepEqual(await tags(world), ['app:1.0.2', 'proxy:1.0.0'])
  })

  test('stays out when its workload is not automated for a while', async () => {
    await using world = await withNewTags('group: image')
    await close(world, about(world, 'proxy'))
    await configure(world, 'group: all')
    await bobPushes(world, { [web]: workload('web', { app: 'app:1.0.0', proxy: 'proxy:1.0.0' }, 'false') })
    await world.rest()
    assert.deepEqual(await brought(world), {})
    await bobPushes(world, original)
    await world.rest()
    assert.deepEqual(await brought(world), { all: ['app:1.0.1'] })
  })

  test('stays out when the configuration groups otherwise before we have seen the no', async () => {
    await using world = await withNewTags('group: image')
    await world.stopBot()
    await world.github.person('bob').closePull(acme.repository, about(world, 'proxy'))
    await bobPushes(world, { '.github/lotse.yaml': configured('group: all') })
    await world.startBot()
    assert.deepEqual(await brought(world), { all: ['app:1.0.1'] })
  })

  test('stays out when it was merged, and taken back after the configuration groups otherwise', async () => {
    await using world = await withNewTags('group: image')
    await world.github.person('bob').mergePull(acme.repository, about(world, 'proxy'))
    await world.rest()
    await configure(world, 'group: all')
    assert.deepEqual(await brought(world), { all: ['app:1.0.1'] })
    await bobPushes(world, { [web]: (await world.file(web)).replace('proxy:1.0.1', 'proxy:1.0.0') })
    await world.rest()
    assert.deepEqual(await brought(world), { all: ['app:1.0.1'] })
    // Its next tag is another matter.
    await pushTo(world, 'proxy', '1.0.2')
    await world.rest()
    assert.deepEqual(await brought(world), { all: ['app:1.0.1', 'proxy:1.0.2'] })
  })

  test('stays out when that person has written another text before', async () => {
    await using world = await withNewTags('group: image')
    const proxy = about(world, 'proxy')
    await world.github.person('bob').editPull(acme.repository, proxy, { body: 'Not now.' })
    await world.rest()
    await close(world, proxy)
    await world.restartBot()
    assert.deepEqual(await brought(world), { 'eu.gcr.io+project+app': ['app:1.0.1'] })
    await configure(world, 'group: all')
    assert.deepEqual(await brought(world), { all: ['app:1.0.1'] })
  })

  test('stays out, whatever that person has made of the marker in the text', async () => {
    await using world = await withNewTags('group: image')
    const proxy = about(world, 'proxy')
    const body = world.pull(proxy).body.replace('"uses":[', '"uses":["\\u0000",')
    assert.match(body, /"uses":\["\\u0000"/)
    await world.github.person('bob').editPull(acme.repository, proxy, { body })
    await close(world, proxy)
    await configure(world, 'group: all')
    assert.deepEqual(await brought(world), { all: ['app:1.0.1'] })
  })

  test('comes when its pull request is opened again, also in another group', async () => {
    await using world = await withNewTags('group: image')
    const proxy = about(world, 'proxy')
    await close(world, proxy)
    await configure(world, 'group: all')
    assert.deepEqual(await brought(world), { all: ['app:1.0.1'] })
    const { branch, head } = world.pull(proxy)
    await world.github.person('bob').moveBranch(acme.repository, branch, head)
    await world.github.person('bob').reopenPull(acme.repository, proxy)
    await world.rest()
    assert.deepEqual(await brought(world), { all: ['app:1.0.1', 'proxy:1.0.1'] })
  })
})

describe('a release that a person has taken over', () => {
  /** Bob has pushed to the branch of a pull request. */
  async function takenOver(rules: string, image: string): Promise<{ readonly world: World; readonly number: number }> {
    const world = await withNewTags(rules)
    const number = about(world, image)
    await bobPushes(world, { 'NOTE.md': 'mine\n' }, world.pull(number).branch)
    await world.rest()
    return { world, number }
  }

  test('is followed by the next tag once it is merged', async () => {
    const { world, number } = await takenOver('group: image', 'app')
    await using _ = world
    await world.github.person('bob').mergePull(acme.repository, number)
    await world.rest()
    await pushTo(world, 'app', '1.0.2')
    await world.rest()
    assert.deepEqual((await brought(world))['eu.gcr.io+project+app'], ['app:1.0.2'])
    assert.equal(await world.file('NOTE.md'), 'mine\n')
  })

  test('is not made a second time when the configuration groups otherwise', async () => {
    const { world, number } = await takenOver('group: image', 'app')
    await using _ = world
    await configure(world, 'group: all')
    await world.restartBot()
    assert.deepEqual((await brought(world))['all'], ['proxy:1.0.1'])
    assert.equal(world.pull(number).state, 'open')
    // As long as it is open, it is that person who says which tag.
    await pushTo(world, 'app', '1.0.2')
    await world.rest()
    assert.deepEqual((await brought(world))['all'], ['proxy:1.0.1'])
    await close(world, number)
    assert.deepEqual(await brought(world), { all: ['app:1.0.2', 'proxy:1.0.1'] })
  })

  test('is not committed either', async () => {
    const { world, number } = await takenOver('group: image', 'app')
    await using _ = world
    await configure(world, 'group: all, merge: commit')
    await world.restartBot()
    assert.deepEqual(await tags(world), ['app:1.0.0', 'proxy:1.0.1'])
    await close(world, number)
    await world.restartBot()
    assert.deepEqual(await tags(world), ['app:1.0.0', 'proxy:1.0.1'])
  })

  test('is its group’s again when the configuration groups as before', async () => {
    const { world, number } = await takenOver('group: image', 'app')
    await using _ = world
    await configure(world, 'group: all')
    await configure(world, 'group: image')
    await world.github.person('bob').mergePull(acme.repository, number)
    await world.rest()
    await pushTo(world, 'app', '1.0.2')
    await world.rest()
    assert.deepEqual(await brought(world), {
      'eu.gcr.io+project+app': ['app:1.0.2'],
      'eu.gcr.io+project+proxy': ['proxy:1.0.1'],
    })
  })
})

describe('a tag that was committed and taken back', () => {
  const committing = (rules: string): string => (acmeFiles['.github/lotse.yaml'] ?? '').replace('merge: auto', rules)
  const helm = 'clusters/production/demo-service.yaml'

  async function committed(): Promise<{ readonly world: World; readonly before: string }> {
    const world = await startWorld({ files: { '.github/lotse.yaml': committing('merge: commit'), [helm]: null } })
    const before = await world.file(worker)
    await world.push('1.2.1')
    await world.rest()
    assert.notEqual(await world.file(worker), before)
    return { world, before }
  }

  test('is not offered when the cluster goes by pull requests since', async () => {
    const { world, before } = await committed()
    await using _ = world
    await bobPushes(world, { [worker]: before })
    await world.rest()
    await bobPushes(world, { '.github/lotse.yaml': committing('merge: auto') })
    await world.rest()
    await world.restartBot()
    assert.deepEqual(await brought(world), {})
    await world.push('1.2.2')
    await world.rest()
    assert.match(world.pull(1).title, /1\.2\.2/)
  })

  test('is not offered when that happens with the same push', async () => {
    const { world, before } = await committed()
    await using _ = world
    await bobPushes(world, { [worker]: before, '.github/lotse.yaml': committing('merge: manual') })
    await world.rest()
    assert.deepEqual(await brought(world), {})
  })

  test('is not offered by a bot that has lost its store', async () => {
    const { world, before } = await committed()
    await using _ = world
    await world.stopBot()
    const store = await openDatabase(world.settings.database, { schema: world.settings.databaseSchema })
    await store.execute('delete from release_word')
    await store.close()
    await bobPushes(world, { [worker]: before, '.github/lotse.yaml': committing('merge: manual') })
    await world.startBot()
    assert.deepEqual(await brought(world), {})
  })

  test('is offered again when another tag was released by a pull request since', async () => {
    const { world, before } = await committed()
    await using _ = world
    await bobPushes(world, { '.github/lotse.yaml': committing('merge: manual') })
    await world.push('1.2.2')
    await world.rest()
    await world.github.person('bob').mergePull(acme.repository, 1)
    await world.rest()
    const only = before.replace('semver:~1.2', 'semver:1.2.1')
    assert.notEqual(only, before)
    await bobPushes(world, { [worker]: only })
    await world.rest()
    assert.match(world.pull(2).title, /1\.2\.1$/)
  })

  test('stays out when its file has been through many commits since', async () => {
    const { world, before } = await committed()
    await using _ = world
    for (let n = 0; n <= 20; n++) await bobPushes(world, { [worker]: `${before}# ${n}\n` })
    await world.rest()
    await world.restartBot()
    assert.equal(await world.file(worker), `${before}# 20\n`)
  })
})
