import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseRepoId } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { type Database, openDatabase } from '../../src/io/store/database.ts'
import { readReleases } from '../../src/io/store/releases.ts'
import { type World, acme, startWorld } from '../support/world.ts'

const names = ['a', 'b', 'c', 'd', 'e'] as const

const workload = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: demo
  annotations:
    fluxcd.io/automated: "true"
    fluxcd.io/tag.app: semver:~1.2
spec:
  template:
    spec:
      containers:
        - name: app
          image: ${acme.image}:1.2.0
`

const configuration = (maxOpen: number): string => `version: 1
clusters: { production: { path: clusters/production } }
release: { group: workload, max-open: ${maxOpen} }
`

/** Five workloads with one image and a pull request each, of which so many may be open. */
async function fiveWorkloads(maxOpen: number): Promise<World> {
  return startWorld({
    files: {
      '.github/lotse.yaml': configuration(maxOpen),
      'clusters/production/demo-worker.yaml': null,
      'clusters/production/demo-service.yaml': null,
      ...Object.fromEntries(names.map((name) => [`clusters/production/${name}.yaml`, workload(name)])),
    },
  })
}

/** `2 open b 1.2.1`: each pull request, its workload and its tag. */
function seen(world: World): readonly string[] {
  return world.pulls().map(({ number, state, branch, title }) => {
    return `${number} ${state} ${branch.slice(-1)} ${title.slice(title.lastIndexOf(':') + 1)}`
  })
}

async function push(world: World, tag: string): Promise<void> {
  await world.push(tag)
  await world.rest()
}

/** With the bot stopped, what its store knows of releases. */
async function withStore<T>({ settings }: World, work: (store: Database) => Promise<T>): Promise<T> {
  const store = await openDatabase(settings.database, { schema: settings.databaseSchema })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

describe('release.max-open', () => {
  test('opens so many, edits those, and gives the place of one that is merged or closed to the next', async () => {
    await using world = await fiveWorkloads(2)
    await push(world, '1.2.1')
    assert.deepEqual(seen(world), ['1 open a 1.2.1', '2 open b 1.2.1'])
    await push(world, '1.2.2')
    assert.deepEqual(seen(world), ['1 open a 1.2.2', '2 open b 1.2.2'])

    await world.github.person('alice').mergePull(acme.repository, 1)
    await world.rest()
    assert.deepEqual(seen(world), ['1 merged a 1.2.2', '2 open b 1.2.2', '3 open c 1.2.2'])
    // Refused, which is not open.
    await world.github.person('alice').closePull(acme.repository, 2)
    await world.rest()
    assert.deepEqual(seen(world).slice(1), ['2 closed b 1.2.2', '3 open c 1.2.2', '4 open d 1.2.2'])

    // Those that wait longer come first.
    await push(world, '1.2.3')
    assert.deepEqual(seen(world).slice(2), ['3 open c 1.2.3', '4 open d 1.2.3'])
    await world.github.person('alice').closePull(acme.repository, 3)
    await world.rest()
    assert.deepEqual(seen(world).slice(3), ['4 open d 1.2.3', '5 open e 1.2.3'])
  })

  test('counts what a person opens again', async () => {
    await using world = await fiveWorkloads(2)
    await push(world, '1.2.1')
    const alice = world.github.person('alice')
    await alice.closePull(acme.repository, 2)
    await world.rest()
    assert.deepEqual(seen(world), ['1 open a 1.2.1', '2 closed b 1.2.1', '3 open c 1.2.1'])
    await alice.reopenPull(acme.repository, 2)
    await world.rest()
    await alice.mergePull(acme.repository, 1)
    await world.rest()
    assert.deepEqual(seen(world), ['1 merged a 1.2.1', '2 open b 1.2.1', '3 open c 1.2.1'])
  })

  test('keeps for those that wait the reason, and asks GitHub nothing for them', async () => {
    await using world = await fiveWorkloads(1)
    await push(world, '1.2.1')
    world.github.requests.reset()
    await push(world, '1.2.2')
    const graphql = world.github.requests.count(({ route }) => route === 'graphql ReleaseFacts')
    assert.equal(graphql, 1)
    await world.stopBot()
    const waiting = await withStore(world, async (store) => {
      const repository = guaranteed(parseRepoId(world.github.repository(acme.repository).id))
      return (await readReleases(store, repository)).map(({ group, held }) => [group.branch.slice(-1), held?.because])
    })
    const because =
      'a release pull request is open in production, as many as “release.max-open” allows: merge or close one'
    assert.deepEqual(waiting, [
      ['a', undefined],
      ['b', because],
      ['c', because],
      ['d', because],
      ['e', because],
    ])
  })

  test('opens more when it is raised, and closes none when it is lowered', async () => {
    await using world = await fiveWorkloads(1)
    await push(world, '1.2.1')
    const say = async (maxOpen: number): Promise<void> => {
      const files = { '.github/lotse.yaml': configuration(maxOpen) }
      await world.github.person('alice').push(acme.repository, { branch: 'main', files, message: `${maxOpen} open` })
      await world.rest()
    }
    await say(3)
    assert.deepEqual(seen(world), ['1 open a 1.2.1', '2 open b 1.2.1', '3 open c 1.2.1'])
    await say(1)
    assert.deepEqual(seen(world), ['1 open a 1.2.1', '2 open b 1.2.1', '3 open c 1.2.1'])
  })

  test('holds also when the store has forgotten which are open', async () => {
    await using world = await fiveWorkloads(2)
    await push(world, '1.2.1')
    await world.github.person('alice').closePull(acme.repository, 1)
    await world.rest()
    assert.deepEqual(seen(world), ['1 closed a 1.2.1', '2 open b 1.2.1', '3 open c 1.2.1'])
    await world.stopBot()
    await withStore(world, async (store) => store.execute('delete from release'))
    await world.startBot()
    assert.deepEqual(seen(world), ['1 closed a 1.2.1', '2 open b 1.2.1', '3 open c 1.2.1'])
  })

  test('one that GitHub refuses to open takes the place of no other', async () => {
    await using world = await fiveWorkloads(1)
    // Git cannot hold a branch inside of another.
    const branch = 'lotse/release/production/workload=demo=deployment+a/mine'
    await world.github.person('bob').push(acme.repository, { branch, create: true, files: { 'x.md': 'x' } })
    await push(world, '1.2.1')
    assert.deepEqual(seen(world), ['1 open b 1.2.1'])
  })

  test('one that GitHub does not show holds up no other, and takes its place until it is seen', async () => {
    await using world = await fiveWorkloads(3)
    const looks = (): number => world.github.requests.count(({ route }) => route === 'graphql ReleaseFacts')
    const before: number[] = []
    world.github.requests.reset()
    world.github.faults.onWrite(async ({ route, phase }) => {
      if (route === '/repos/{owner}/{repo}/pulls' && phase === 'before') before.push(looks())
    })
    world.github.faults.refuse('graphql ReleaseFacts', 502)
    await push(world, '1.2.1')
    // All five are looked at; then two are opened, and only the next try asks for the first again.
    assert.deepEqual(before, [6, 7, 9])
    assert.deepEqual(seen(world), ['1 open b 1.2.1', '2 open c 1.2.1', '3 open d 1.2.1'])
  })

  test('says what holds it now, and not what held it before', async () => {
    await using world = await fiveWorkloads(1)
    await push(world, '1.2.1')
    const files = { '.github/lotse.yaml': configuration(2) }
    await world.github.person('alice').push(acme.repository, { branch: 'main', files, message: 'Two' })
    await world.rest()
    await world.github.person('bob').comment(acme.repository, 1, '/lotse why')
    await world.rest()
    const [, ...waiting] = (world.comments(world.pull(1)).at(-1) ?? '')
      .split('⏳')
      .filter((text) => /for `demo/.test(text))
    assert.equal(waiting.length, 2)
    for (const text of waiting) assert.match(text, /2 release pull requests are open in production/)
  })
})
