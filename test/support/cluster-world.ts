import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { parse } from 'yaml'
import { type Agent, startAgent } from '../../src/agent/main.ts'
import { agentEnvironment } from '../../src/cli/stage-agent.ts'
import type { StageOptions } from '../../src/cli/stage.ts'
import { readAgentSettings } from '../../src/runtime/agent-settings.ts'
import { createLogger } from '../../src/runtime/log.ts'
import { acme, helmReleaseDefinition } from '../../src/sandbox/acme.ts'
import type { Cluster } from '../../src/sandbox/cluster/access.ts'
import { type ApiProxy, startApiProxy } from './proxies/api-proxy.ts'
import { type WriteCounter, countWrites } from './proxies/writes.ts'
import { type World, openWorld } from './world.ts'

/** A World with a real API server, and the agent of its one cluster. */
export type ClusterWorld = World & {
  readonly cluster: Cluster
  /** Of the cluster, in the configuration, of its folder and of its namespace: no other story has it. */
  readonly name: string
  /** What the agent asks of the API server goes through here. */
  readonly api: ApiProxy
  readonly writes: WriteCounter
  startAgent(): Promise<void>
  stopAgent(): Promise<void>
  /** An object of the story's namespace: `live('apps/v1/deployments/demo-worker')`; undefined where there is none. */
  live(path: string): Promise<LiveObject>
  /** Changes it by hand, as `kubectl patch` does. */
  patchByHand(path: string, patch: unknown): Promise<void>
  /** What is looked for, as soon as it is there; after a while, why it is not. */
  come<T>(look: () => T | Promise<T>): Promise<Awaited<T>>
  /** The log of the agent and of the bot, for a story that goes otherwise. */
  agentLog(): string
}

// oxlint-disable-next-line typescript/no-explicit-any -- a test looks at any field of any kind
export type LiveObject = any

const patienceMs = 30_000

export type ClusterWorldOptions = StageOptions & {
  /** Settings of the agent that differ from the chart's. */
  readonly agent?: Readonly<Record<string, string>>
}

export async function openClusterWorld(cluster: Cluster, options: ClusterWorldOptions = {}): Promise<ClusterWorld> {
  const name = `story-${randomBytes(4).toString('hex')}`
  await bringHelmReleases(cluster)
  const world = await openWorld({ withAgent: true, acme: { cluster: name, namespace: name }, ...options })
  const writes = countWrites()
  const api = await startApiProxy(cluster, writes)
  const lines: string[] = []
  const log = createLogger({ level: 'debug', format: 'text' }, { write: (line) => void lines.push(line) })
  let agent: Agent | undefined
  const path = (object: string): string => {
    const segments = object.split('/')
    const [kind, called] = segments.slice(-2)
    const version = segments.slice(0, -2).join('/')
    return `/${version === 'v1' ? 'api' : 'apis'}/${version}/namespaces/${name}/${kind}/${called}`
  }
  const stopAgent = async (): Promise<void> => {
    await agent?.stop()
    agent = undefined
  }
  return {
    ...world,
    cluster,
    name,
    api,
    writes,
    async startAgent() {
      const place = { botUrl: world.botUrl(), cluster, name, namespace: `lotse-${name}`, server: api.url }
      const settings = readAgentSettings({ ...(await agentEnvironment(world, place)), ...options.agent })
      agent = await startAgent(settings, { log, now: () => new Date(), random: Math.random })
    },
    stopAgent,
    async live(object) {
      const { status, body } = await cluster.ask({ path: path(object) })
      return status === 200 ? body : undefined
    },
    async patchByHand(object, body) {
      const contentType = 'application/merge-patch+json'
      const request = { method: 'PATCH', path: `${path(object)}?fieldManager=kubectl-edit`, body, contentType } as const
      const { status } = await cluster.ask(request)
      if (status !== 200) throw new Error(`${object} could not be patched: ${status}`)
    },
    come: (look) => come(look, () => lines.slice(-80).join('')),
    agentLog: () => lines.join(''),
    async [Symbol.asyncDispose]() {
      await stopAgent()
      await api.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

/** As Flux v1's Helm Operator brings its kind. Of the whole API server, so it is in no story's repository. */
export async function bringHelmReleases(cluster: Cluster): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const { status } = await cluster.ask({ method: 'POST', path, body: parse(helmReleaseDefinition.text) })
  if (status !== 201 && status !== 409) throw new Error(`the kind HelmRelease could not be brought: ${status}`)
}

async function come<T>(look: () => T | Promise<T>, tell: () => string): Promise<Awaited<T>> {
  for (const start = performance.now(); ;) {
    try {
      return await look()
    } catch (error) {
      if (performance.now() - start > patienceMs) {
        throw new Error(`it did not come\n${String(error)}\n${tell()}`, { cause: error })
      }
      await delay(25)
    }
  }
}

export { acme }
