import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type World, startAgent } from '../../agent/main.ts'
import { readAgentSettings } from '../../runtime/agent-settings.ts'
import { acme } from '../../sandbox/acme.ts'
import { agentEnvironment } from '../stage-agent.ts'
import type { Told } from './say.ts'
import { indent, say, step } from './say.ts'
import type { DemoCluster } from './cluster.ts'
import { type PullSeen, type Scene, come, lookAtPull, rest, wordOn } from './scene.ts'
import { ask, green, openRelease } from './story.ts'

const run = promisify(execFile)

/**
 * The story of both halves: a release waits for the cluster's word, is merged, and then is what runs. The cluster comes
 * when its programs are there, which may have to be built. Gives the kubectl command for it.
 */
export async function tellWhole(scene: Scene, coming: Promise<DemoCluster>, world: World): Promise<string> {
  const pull = await openRelease(scene)
  await step('CI says yes, and nothing is merged yet. Bob asks why: /lotse why', async () => {
    await green(scene, pull)
    await rest(scene)
    await ask(scene, 'bob', pull.number, '/lotse why')
    return come(scene, () => ({ result: undefined, look: waitingLines(wordOn(scene, pull.number, '/lotse why')) }))
  })
  const cluster = await connectCluster(scene, coming, world)
  await mergeWithWord(scene, pull)
  await applied(scene, cluster)
  await drift(scene, cluster)
  await talk(scene, pull)
  return cluster.kubectl.join(' ')
}

/** Of the answer only what is in the way: the rest was shown before. */
function waitingLines(answer: string): readonly string[] {
  return answer.split('\n').filter((line) => /^- (?:⏳|❌)/u.test(line))
}

async function connectCluster(scene: Scene, coming: Promise<DemoCluster>, world: World): Promise<DemoCluster> {
  const cluster = await step('A real Kubernetes API server is up, with its etcd', async () => {
    const cluster = await coming
    return { result: cluster, look: [`kube-apiserver ${cluster.version} at ${cluster.url}`] }
  })
  await step('The agent of the cluster production connects, and applies what main says', async () => {
    const environment = await agentEnvironment(scene.stage, { botUrl: scene.bot.url, cluster })
    await startAgent(readAgentSettings(environment), world)
    return come(scene, async () => ({ result: undefined, look: await whatRuns(cluster, '1.2.0') }))
  })
  return cluster
}

async function mergeWithWord(scene: Scene, pull: PullSeen): Promise<void> {
  await step('On the pull request it says what will change in production, and the bot merges', () =>
    come(scene, () => lookAtPull(scene, pull.number, 'merged')),
  )
  say(indent(await come(scene, () => wordOn(scene, pull.number, '```diff'))))
}

async function applied(scene: Scene, cluster: DemoCluster): Promise<void> {
  await step('The agent is told, fetches, applies and reports; helm itself comes later', () =>
    come(scene, async () => ({
      result: undefined,
      look: [...(await whatRuns(cluster, '1.2.1')), ...whatGitHubSays(scene)],
    })),
  )
}

/** What the API server says, asked with kubectl as anybody would. */
async function whatRuns(cluster: DemoCluster, tag: string): Promise<readonly string[]> {
  const image = await cluster.get('deployment', 'demo-worker', '{.spec.template.spec.containers[0].image}')
  const value = await cluster.get('helmrelease', 'demo-service', '{.spec.values.image.tag}')
  if (!image.endsWith(`:${tag}`) || value !== tag) throw new Error(`expected ${tag}, got ${image} and ${value}`)
  return [`deployment/demo-worker runs ${image}`, `helmrelease/demo-service asks for the tag ${value}`]
}

function whatGitHubSays({ stage }: Scene): readonly string[] {
  const repository = stage.github.repository(acme.repository)
  const main = repository.git.refs.get('refs/heads/main')
  const tag = [...repository.git.refs.all()].find(([ref, sha]) => ref.startsWith('refs/tags/') && sha === main)
  if (tag === undefined) throw new Error('no tag stands on main')
  const deployment = [...repository.deployments.values()].findLast(({ sha }) => sha === main)
  const state = deployment?.statuses.at(-1)?.state
  if (state !== 'success') throw new Error(`the deployment of main is ${state}`)
  return [
    `the tag ${tag[0].slice('refs/tags/'.length)} is on ${main?.slice(0, 7)}`,
    `GitHub’s deployment to production: ${state}`,
  ]
}

async function drift(scene: Scene, cluster: DemoCluster): Promise<void> {
  await step('Somebody scales demo-worker to 7 by hand, and the agent puts it back', async () => {
    const [program = '', ...options] = cluster.kubectl
    await run(program, [...options, '-n', acme.namespace, 'scale', 'deployment/demo-worker', '--replicas=7'])
    return come(scene, () => isBack(cluster))
  })
}

async function isBack(cluster: DemoCluster): Promise<Told<undefined>> {
  const replicas = await cluster.get('deployment', 'demo-worker', '{.spec.replicas}')
  if (replicas !== '2') throw new Error(`expected 2 replicas, got ${replicas}`)
  return { result: undefined, look: [`deployment/demo-worker has ${replicas} replicas`] }
}

async function talk(scene: Scene, { number }: PullSeen): Promise<void> {
  await step('Bob, who may write, asks for the status; Eve, who may only read, asks for a sync', async () => {
    await ask(scene, 'bob', number, '/lotse status')
    await ask(scene, 'eve', number, '/lotse sync production')
    await come(scene, () => wordOn(scene, number, '/lotse sync'))
    return { result: undefined, look: [] }
  })
  say(indent(await come(scene, () => wordOn(scene, number, '/lotse status'))))
  say(indent(await come(scene, () => wordOn(scene, number, '/lotse sync'))))
}
