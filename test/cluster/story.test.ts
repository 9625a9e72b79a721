import assert from 'node:assert/strict'
import { type ClusterWorld, acme, openClusterWorld } from '../support/cluster-world.ts'
import { testsOnCluster } from './on-cluster.ts'

const story = testsOnCluster(import.meta.filename)

const worker = 'apps/v1/deployments/demo-worker'
const settings = 'v1/configmaps/demo-settings'

async function image(world: ClusterWorld): Promise<string> {
  return (await world.live(worker))?.spec.template.spec.containers[0].image
}

/** The bot and the agent are up, and the first commit is applied and reported. */
async function started(world: ClusterWorld): Promise<ClusterWorld> {
  await world.startBot()
  await world.startAgent()
  await world.come(async () => {
    await world.rest()
    assert.equal(await image(world), `${acme.image}:1.2.0`)
    assert.equal(deployed(world), 'success')
  })
  return world
}

/** How GitHub's newest deployment of main to the cluster stands. */
function deployed(world: ClusterWorld): string | undefined {
  const { deployments } = world.github.repository(acme.repository)
  const own = [...deployments.values()].filter(({ sha }) => sha === world.head('main'))
  return own.at(-1)?.statuses.at(-1)?.state
}

function syncTag(world: ClusterWorld): string | undefined {
  return world.github.repository(acme.repository).git.refs.get(`refs/tags/lotse-sync/${world.name}`)
}

story('a tag is pushed, and ends up as what runs', async (cluster) => {
  await using world = await started(await openClusterWorld(cluster))
  await world.push('1.2.1')
  await world.come(async () => {
    await world.rest()
    assert.equal(world.checks(world.pull(1))[`lotse/diff (${world.name})`], 'success')
  })
  const [comment = ''] = world.comments(world.pull(1))
  assert.match(comment, /^\+ .*image: eu\.gcr\.io\/project\/demo-service:1\.2\.1$/m)
  assert.match(comment, /^- .*image: eu\.gcr\.io\/project\/demo-service:1\.2\.0$/m)
  assert.equal(world.pull(1).state, 'open')
  await world.github.ci(acme.repository).report(world.pull(1).head, { name: 'ci', conclusion: 'success' })
  await world.come(async () => {
    await world.rest()
    assert.equal(await image(world), `${acme.image}:1.2.1`)
    assert.equal(deployed(world), 'success')
    assert.equal(syncTag(world), world.head('main'))
  })
  assert.equal(world.pull(1).state, 'merged')
  const release = await world.live('flux.weave.works/v1beta1/helmreleases/demo-service')
  assert.equal(release?.spec.values.image.tag, '1.2.1')
})

story('a release waits for a cluster whose agent is away, and goes on when it is back', async (cluster) => {
  await using world = await started(await openClusterWorld(cluster))
  await world.stopAgent()
  await world.push('1.2.1')
  await world.rest()
  await world.github.ci(acme.repository).report(world.pull(1).head, { name: 'ci', conclusion: 'success' })
  await world.rest()
  await world.github.person('bob').comment(acme.repository, 1, '/lotse why')
  await world.rest()
  assert.equal(world.pull(1).state, 'open')
  assert.match(world.comments(world.pull(1)).join('\n'), new RegExp(`⏳.*${world.name}`))
  await world.startAgent()
  await world.come(async () => {
    await world.rest()
    assert.equal(world.pull(1).state, 'merged')
    assert.equal(await image(world), `${acme.image}:1.2.1`)
  })
})

story('what somebody edits by hand is put back', async (cluster) => {
  await using world = await started(await openClusterWorld(cluster))
  await world.patchByHand(worker, { spec: { replicas: 7 } })
  await world.patchByHand(settings, { data: { GREETING: 'Hello' } })
  await world.come(async () => {
    assert.equal((await world.live(worker))?.spec.replicas, 2)
    assert.equal((await world.live(settings))?.data.GREETING, 'Moin')
  })
})

story('what is removed from git is pruned, and nothing else', async (cluster) => {
  await using world = await started(await openClusterWorld(cluster))
  const path = `/api/v1/namespaces/${world.name}/configmaps`
  const foreign = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'by-hand' } }
  assert.equal((await cluster.ask({ method: 'POST', path, body: foreign })).status, 201)
  await world.github.person('alice').push(acme.repository, {
    branch: 'main',
    files: { [`clusters/${world.name}/demo-settings.yaml`]: null },
  })
  await world.come(async () => {
    await world.rest()
    assert.equal(await world.live(settings), undefined)
    assert.equal(deployed(world), 'success')
  })
  assert.ok((await world.live('v1/configmaps/by-hand')) !== undefined)
  assert.ok((await world.live(worker)) !== undefined)
})

story('without the bot the agent goes on, and tells it all when it is back', async (cluster) => {
  await using world = await started(await openClusterWorld(cluster, { agent: { SYNC_INTERVAL: '1s' } }))
  await world.stopBot()
  const text = (await world.file(`clusters/${world.name}/demo-settings.yaml`)).replace('Moin', 'Moin Moin')
  await world.github.person('alice').push(acme.repository, {
    branch: 'main',
    files: { [`clusters/${world.name}/demo-settings.yaml`]: text },
  })
  await world.come(async () => assert.equal((await world.live(settings))?.data.GREETING, 'Moin Moin'))
  await world.startBot()
  await world.come(async () => {
    await world.rest()
    assert.equal(deployed(world), 'success')
    assert.equal(syncTag(world), world.head('main'))
  })
})

story('a pull request from a fork is not asked about', async (cluster) => {
  await using world = await started(await openClusterWorld(cluster))
  await world.github.createFork(acme.repository, 'eve')
  const eve = world.github.person('eve')
  const text = (await world.file(`clusters/${world.name}/demo-settings.yaml`)).replace('Moin', 'Hello')
  await eve.push('eve/gitops', {
    branch: 'evil',
    create: true,
    files: { [`clusters/${world.name}/demo-settings.yaml`]: text },
  })
  world.api.reset()
  await eve.openPull(acme.repository, { head: 'eve:evil', title: 'Greet in English' })
  await world.rest()
  assert.equal(world.checks(world.pull(1))[`lotse/diff (${world.name})`], 'neutral')
  assert.deepEqual(world.comments(world.pull(1)), [])
  assert.deepEqual(world.api.counts(), {})
})

story('who may write asks for a sync, and who may not is told so', async (cluster) => {
  await using world = await started(await openClusterWorld(cluster))
  await world.push('1.2.1')
  await world.rest()
  await world.github.person('eve').comment(acme.repository, 1, `/lotse sync ${world.name}`)
  await world.github.person('bob').comment(acme.repository, 1, `/lotse status`)
  await world.rest()
  const said = world.comments(world.pull(1)).join('\n')
  assert.match(said, /needs the role write/)
  assert.match(said, new RegExp(world.head('main').slice(0, 7)))
})
