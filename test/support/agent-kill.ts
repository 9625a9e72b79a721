import assert from 'node:assert/strict'
import { agentEnvironment } from '../../src/cli/stage-agent.ts'
import { acme } from '../../src/sandbox/acme.ts'
import type { Cluster } from '../../src/sandbox/cluster/access.ts'
import { agentProcess } from './agent-process.ts'
import { type ClusterWorld, openClusterWorld } from './cluster-world.ts'
import type { Moment } from './kill.ts'
import { startGitProxy } from './proxies/git-proxy.ts'
import { startLinkProxy } from './proxies/link-proxy.ts'

/** What can be seen when all has come to rest, of the cluster and of GitHub; ids and times are left out. */
export type ClusterEnd = {
  readonly objects: readonly string[]
  readonly inventories: number
  readonly tagIsOnMain: boolean
  /** A line for each commit that main had. */
  readonly deployments: readonly string[]
  readonly checks: readonly string[]
}

export type AgentLife = { readonly end: ClusterEnd; readonly writes: readonly string[]; readonly kills: number }

/**
 * The agent, in a process of its own, applies a first commit, then one that adds, changes and removes. At the given moment,
 * a write of its to the API server, to its copy of git or to the bot, that process is killed (SIGKILL), and started again.
 */
export async function liveThroughSyncs(
  cluster: Cluster,
  moment: Moment | undefined,
  expected?: ClusterEnd,
): Promise<AgentLife> {
  await using world = await openClusterWorld(cluster)
  await using closing = new AsyncDisposableStack()
  const git = await startGitProxy(world.github.webUrl, world.writes)
  closing.defer(git.close)
  const link = await startLinkProxy(world.botUrl, world.writes)
  closing.defer(link.close)
  const agent = agentProcess(
    await agentEnvironment(world, {
      botUrl: link.url,
      cluster,
      name: world.name,
      namespace: `lotse-${world.name}`,
      server: world.api.url,
      gitOrigin: git.origin,
    }),
  )
  closing.defer(agent.kill)
  const writes = new Map<number, string>()
  let kills = 0
  world.writes.watch(async ({ n, what, phase }) => {
    if (phase === 'before') writes.set(n, what)
    if (moment === undefined || kills > 0 || n !== moment.write || phase !== moment.phase) return
    kills += 1
    await agent.kill()
    agent.start()
    // Who sent it is gone before it had an effect: it has none.
    if (phase === 'before') throw new Error('the sender was killed')
  })
  await world.startBot()
  agent.start()
  await toldOfMain(world, agent.log)
  await world.github.person('alice').push(acme.repository, { branch: 'main', files: secondCommit(world) })
  await toldOfMain(world, agent.log)
  const end = await world.come(async () => {
    await world.rest()
    const seen = await endOf(world)
    if (expected !== undefined) assert.deepEqual(seen, expected, agent.log())
    return seen
  })
  return { end, writes: [...writes.values()], kills }
}

function secondCommit({ name }: ClusterWorld): Readonly<Record<string, string | null>> {
  const configMap = (called: string, data: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${called}, namespace: ${name} }\ndata: { GREETING: ${data} }\n`
  return {
    [`clusters/${name}/demo-settings.yaml`]: configMap('demo-settings', 'Hello'),
    [`clusters/${name}/more-settings.yaml`]: configMap('more-settings', 'Moin'),
    [`clusters/${name}/demo-service.yaml`]: null,
  }
}

async function toldOfMain(world: ClusterWorld, log: () => string): Promise<void> {
  await world.come(async () => {
    await world.rest()
    assert.equal(deploymentsOf(world).at(-1), 'success', log())
    assert.ok(tagIsOnMain(world))
  })
}

function deploymentsOf(world: ClusterWorld): readonly string[] {
  const { deployments } = world.github.repository(acme.repository)
  return [...deployments.values()].map(({ statuses }) => statuses.at(-1)?.state ?? 'none')
}

function tagIsOnMain(world: ClusterWorld): boolean {
  const tag = world.github.repository(acme.repository).git.refs.get(`refs/tags/lotse-sync/${world.name}`)
  return tag === world.head('main')
}

const kinds = ['api/v1/configmaps', 'apis/apps/v1/deployments', 'apis/flux.weave.works/v1beta1/helmreleases']

async function endOf(world: ClusterWorld): Promise<ClusterEnd> {
  const own = await Promise.all(kinds.map((kind) => objectsIn(world, kind, world.name)))
  const kept = await objectsIn(world, 'api/v1/configmaps', `lotse-${world.name}`)
  const runs = [...world.github.repository(acme.repository).checkRuns.values()]
  return {
    objects: own.flat(),
    inventories: kept.length,
    tagIsOnMain: tagIsOnMain(world),
    deployments: deploymentsOf(world),
    checks: [...new Set(runs.map(({ name, conclusion }) => `${name} ${conclusion}`))]
      .map((check) => check.replaceAll(world.name, 'CLUSTER'))
      .toSorted(),
  }
}

async function objectsIn({ cluster, name: story }: ClusterWorld, kind: string, namespace: string): Promise<string[]> {
  const [version, plural] = [kind.slice(0, kind.lastIndexOf('/')), kind.slice(kind.lastIndexOf('/') + 1)]
  const { body } = await cluster.ask({ path: `/${version}/namespaces/${namespace}/${plural}` })
  const { items } = body as { readonly items: readonly Item[] }
  return items
    .filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
    .map(({ metadata: { name, annotations }, data, spec }) =>
      JSON.stringify({ plural, name, annotations, data, spec }).replaceAll(story, 'STORY'),
    )
    .map((text) => text.replaceAll(/[0-9a-f]{12,}/g, 'HASH'))
    .toSorted()
}

type Item = {
  readonly metadata: { readonly name: string; readonly annotations?: unknown }
  readonly data?: unknown
  readonly spec?: unknown
}
