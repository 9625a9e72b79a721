import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GroupRule } from '../../src/core/config/configuration.ts'
import { pushImage } from '../../src/sandbox/registry/push-image.ts'
import { type World, acme, openWorld } from '../support/world.ts'

const configuration = (group: GroupRule): string =>
  `version: 1\nclusters: { production: { path: clusters/production } }\nrelease: { group: ${group} }\n`

/** `web` runs two images, `api` one of them as well. */
const workload = (name: string, containers: Readonly<Record<string, string>>): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: demo
  annotations:
    fluxcd.io/automated: "true"
${Object.keys(containers)
  .map((container) => `    fluxcd.io/tag.${container}: semver:*\n`)
  .join('')}spec:
  template:
    spec:
      containers:
${Object.entries(containers)
  .map(([container, image]) => `        - name: ${container}\n          image: eu.gcr.io/project/${image}\n`)
  .join('')}`

async function pushTo(world: World, name: string, tag: string): Promise<void> {
  await pushImage(world.registry.url, { repository: `project/${name}`, tag })
}

/** A repository with these groups, and a registry in which every image has a newer tag. */
async function withNewTags(group: GroupRule): Promise<World> {
  const world = await openWorld({
    files: {
      '.github/lotse.yaml': configuration(group),
      'clusters/production/demo-worker.yaml': null,
      'clusters/production/demo-service.yaml': null,
      'clusters/production/web.yaml': workload('web', { app: 'app:1.0.0', proxy: 'proxy:1.0.0' }),
      'clusters/production/api.yaml': workload('api', { app: 'app:1.0.0' }),
    },
  })
  for (const name of ['app', 'proxy']) for (const tag of ['1.0.0', '1.0.1']) await pushTo(world, name, tag)
  await world.startBot()
  return world
}

async function configure(world: World, group: GroupRule): Promise<void> {
  const files = { '.github/lotse.yaml': configuration(group) }
  await world.github.person('alice').push(acme.repository, { branch: 'main', files, message: `Group by ${group}` })
  await world.rest()
}

/** Branch, without what all have in common, and the lines that it adds. */
async function open(world: World): Promise<Readonly<Record<string, readonly string[]>>> {
  const pulls = world.pulls().filter(({ state }) => state === 'open')
  const entries = pulls.map(async (pull): Promise<[string, readonly string[]]> => {
    const added = (await world.changes(pull)).filter((line) => line.startsWith('+'))
    const tags = added.map((line) => line.slice(line.lastIndexOf('/') + 1)).toSorted()
    return [pull.branch.replace('lotse/release/production/', ''), tags]
  })
  return Object.fromEntries(await Promise.all(entries))
}

describe('a release', () => {
  test('of a workload brings all its images in one pull request', async () => {
    await using world = await withNewTags('workload')
    assert.deepEqual(await open(world), {
      'workload=demo=deployment+web': ['app:1.0.1', 'proxy:1.0.1'],
      'workload=demo=deployment+api': ['app:1.0.1'],
    })
    assert.deepEqual(
      world.pulls().map(({ title }) => title),
      ['Auto-release eu.gcr.io/project/app:1.0.1', 'Auto-release multiple (2) images'].toSorted(),
    )
  })

  test('of everything that was closed stays refused, but for what gets a newer tag', async () => {
    await using world = await withNewTags('all')
    assert.deepEqual(await open(world), { all: ['app:1.0.1', 'app:1.0.1', 'proxy:1.0.1'] })
    await world.github.person('bob').closePull(acme.repository, 1)
    await world.rest()
    assert.deepEqual(await open(world), {})

    await pushTo(world, 'proxy', '1.0.2')
    await world.rest()
    assert.deepEqual(await open(world), { all: ['proxy:1.0.2'] })
    assert.equal(world.pull(2).title, 'Auto-release eu.gcr.io/project/proxy:1.0.2')
    assert.match(world.pull(2).body, /^- `demo:deployment\/api` `app` → `1\.0\.1`: #1 was closed$/m)

    await world.restartBot()
    assert.deepEqual(await open(world), { all: ['proxy:1.0.2'] })
    await world.github.person('bob').mergePull(acme.repository, 2)
    await world.rest()
    await world.restartBot()
    assert.deepEqual(await open(world), {})
    assert.equal(world.pulls().length, 2)
  })

  test('of everything that was closed comes back whole when it is opened again', async () => {
    await using world = await withNewTags('all')
    await world.github.person('bob').closePull(acme.repository, 1)
    await world.rest()
    await world.github.person('bob').reopenPull(acme.repository, 1)
    await world.rest()
    assert.deepEqual(await open(world), { all: ['app:1.0.1', 'app:1.0.1', 'proxy:1.0.1'] })
  })

  test('goes into other pull requests when the configuration groups otherwise, and that is nobody’s no', async () => {
    await using world = await withNewTags('image')
    const byImage = { 'eu.gcr.io+project+app': ['app:1.0.1', 'app:1.0.1'], 'eu.gcr.io+project+proxy': ['proxy:1.0.1'] }
    assert.deepEqual(await open(world), byImage)
    await configure(world, 'all')
    assert.deepEqual(await open(world), { all: ['app:1.0.1', 'app:1.0.1', 'proxy:1.0.1'] })
    await configure(world, 'image')
    assert.deepEqual(await open(world), byImage)
    assert.equal(world.pulls().length, 5)
  })

  test('that was refused stays refused when the configuration groups otherwise', async () => {
    await using world = await withNewTags('image')
    const proxy = world.pulls().find(({ title }) => title.includes('proxy'))
    assert.ok(proxy !== undefined)
    await world.github.person('bob').closePull(acme.repository, proxy.number)
    await world.rest()
    await configure(world, 'all')
    assert.deepEqual(await open(world), { all: ['app:1.0.1', 'app:1.0.1'] })
    await world.restartBot()
    assert.deepEqual(await open(world), { all: ['app:1.0.1', 'app:1.0.1'] })
    await configure(world, 'workload')
    assert.deepEqual(await open(world), {
      'workload=demo=deployment+api': ['app:1.0.1'],
      'workload=demo=deployment+web': ['app:1.0.1'],
    })
  })
})
