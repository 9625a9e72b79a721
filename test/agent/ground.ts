import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Agent, startAgent } from '../../src/agent/main.ts'
import type { AgentState } from '../../src/core/agent-protocol.ts'
import { parseCommitSha, type CommitSha } from '../../src/core/ids.ts'
import { guaranteed } from '../../src/core/parsed.ts'
import { readAgentSettings } from '../../src/runtime/agent-settings.ts'
import { createLogger } from '../../src/runtime/log.ts'
import type { Cluster } from '../../src/sandbox/cluster/access.ts'
import { type TestBot, startTestBot } from './test-bot.ts'

const run = promisify(execFile)

/** A bare repository on disk, `acme/gitops`, with the folder `clusters/NAME`. */
export type Remote = {
  readonly url: string
  /** Files of the cluster's folder; null takes one away. */
  readonly commit: (files: Readonly<Record<string, string | null>>, branch?: string) => Promise<CommitSha>
  readonly head: () => Promise<CommitSha>
  /** The repository cannot be reached. */
  readonly away: (isAway: boolean) => Promise<void>
}

/** An agent on a real API server, its repository, and what a person would look at. */
export type Ground = Remote & {
  /** Its name in the configuration, and the namespace of its objects. */
  readonly name: string
  readonly folder: string
  /** As its pod would have it. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>
  /** Waits until its first sync is done, unless said. */
  readonly start: (more?: Readonly<Record<string, string>>, options?: { readonly settled: boolean }) => Promise<Agent>
  readonly bot: TestBot
  /** The bot tells of a push: resolves to what the agent says of itself after the sync. */
  readonly syncAgain: () => Promise<AgentState>
  /** The requests to the API server meanwhile, by verb. */
  readonly costOf: (work: () => Promise<unknown>) => Promise<Readonly<Record<string, number>>>
  readonly agent: () => Agent
  /** What the agent says of itself at `/status`. */
  readonly status: () => Promise<AgentState>
  readonly metrics: () => Promise<string>
  /** An object as the server has it; undefined where there is none. */
  readonly live: (path: string) => Promise<LiveObject>
  readonly patch: (path: string, patch: unknown, fieldManager?: string) => Promise<void>
  readonly log: () => string
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

// oxlint-disable-next-line typescript/no-explicit-any -- a test looks at any field of any kind
export type LiveObject = any

export async function openGround(cluster: Cluster, name: string): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-agent-'))
  const remote = await openRemote(folder, name)
  const bot = await startTestBot()
  const lines: string[] = []
  const log = createLogger(
    { level: 'debug', format: 'text' },
    {
      write: (line) => {
        lines.push(line)
        if (process.env['SHOW']) process.stderr.write(line)
      },
    },
  )
  let agent: Agent | undefined
  const environment = () => agentEnvironment(cluster, { folder, name, url: remote.url, bot })
  const ground: Ground = {
    ...remote,
    name,
    folder,
    bot,
    environment,
    async start(more = {}, { settled } = { settled: true }) {
      const settings = readAgentSettings({ ...(await environment()), ...more })
      agent = await startAgent(settings, { log, now: () => new Date(), random: Math.random })
      if (settled) await agent.settled()
      return agent
    },
    async syncAgain() {
      await bot.ask({ kind: 'fetch', commit: await remote.head() }, 'synced')
      await ground.agent().settled()
      return ground.status()
    },
    async costOf(work) {
      const before = requestsOf(await ground.metrics())
      await work()
      const after = Object.entries(requestsOf(await ground.metrics()))
      return Object.fromEntries(
        after.map(([verb, count]) => [verb, count - (before[verb] ?? 0)]).filter(([, more]) => more !== 0),
      )
    },
    agent() {
      if (agent === undefined) throw new Error('the agent was not started')
      return agent
    },
    status: async () => (await (await fetch(`${ground.agent().url}/status`)).json()) as AgentState,
    metrics: async () => (await fetch(`${ground.agent().url}/metrics`)).text(),
    async live(path) {
      const { status, body } = await cluster.ask({ path })
      return status === 200 ? body : undefined
    },
    async patch(path, body, fieldManager = 'kubectl-edit') {
      const contentType = 'application/merge-patch+json'
      const answer = await cluster.ask({
        method: 'PATCH',
        path: `${path}?fieldManager=${fieldManager}`,
        body,
        contentType,
      })
      if (answer.status !== 200) throw new Error(`${path} could not be patched: ${JSON.stringify(answer.body)}`)
    },
    log: () => lines.join(''),
    async [Symbol.asyncDispose]() {
      await agent?.stop()
      await bot.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  return ground
}

type Place = { readonly folder: string; readonly name: string; readonly url: string; readonly bot: TestBot }

/** As a pod has it: the token of a service account that may do everything, and the authority, in files. */
async function agentEnvironment(
  cluster: Cluster,
  { folder, name, url, bot }: Place,
): Promise<Readonly<Record<string, string>>> {
  const namespace = `lotse-${name}`
  const group = 'rbac.authorization.k8s.io'
  await make(cluster, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await make(cluster, `/apis/${group}/v1/clusterrolebindings`, {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: namespace },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'agent', namespace }],
  })
  await writeFile(join(folder, 'ca.crt'), cluster.ca)
  await writeFile(join(folder, 'key.pem'), bot.agentKey.reveal())
  await writeFile(join(folder, 'token'), await cluster.tokenFor({ namespace, serviceAccount: 'agent' }))
  return {
    CLUSTER: name,
    GIT_URL: url,
    GIT_PATH: `clusters/${name}`,
    NAMESPACE: namespace,
    BOT_URL: bot.url,
    BOT_PUBLIC_KEY: bot.publicKey,
    AGENT_KEY_FILE: join(folder, 'key.pem'),
    DATA_DIR: join(folder, 'data'),
    KUBERNETES_SERVER: cluster.url,
    KUBERNETES_CA_FILE: join(folder, 'ca.crt'),
    KUBERNETES_TOKEN_FILE: join(folder, 'token'),
    SYNC_INTERVAL: '1h',
    VERIFY_INTERVAL: '24h',
    HOST: '127.0.0.1',
    PORT: '0',
  }
}

async function make(cluster: Cluster, path: string, body: unknown): Promise<void> {
  const { status } = await cluster.ask({ method: 'POST', path, body })
  if (status !== 201 && status !== 409) throw new Error(`${path} answered ${status}`)
}

async function openRemote(folder: string, name: string): Promise<Remote> {
  const bare = join(folder, 'remote/acme/gitops.git')
  const work = join(folder, 'work')
  await git(folder, ['init', '--quiet', '--bare', '--initial-branch=main', bare])
  for (const setting of ['uploadpack.allowFilter', 'uploadpack.allowAnySHA1InWant']) {
    await git(bare, ['config', setting, 'true'])
  }
  await git(folder, ['init', '--quiet', '--initial-branch=main', work])
  const head = async (): Promise<CommitSha> =>
    guaranteed(parseCommitSha((await git(work, ['rev-parse', 'HEAD'])).trim()))
  return {
    url: `file://${bare}`,
    head,
    away: (isAway) => (isAway ? rename(bare, `${bare}.away`) : rename(`${bare}.away`, bare)),
    async commit(files, branch = 'main') {
      for (const [path, text] of Object.entries(files)) {
        const file = join(work, path.startsWith('.github/') ? path : join(`clusters/${name}`, path))
        if (text === null) await rm(file)
        else {
          await mkdir(dirname(file), { recursive: true })
          await writeFile(file, text)
        }
      }
      await git(work, ['add', '--all'])
      await git(work, ['commit', '--quiet', '--allow-empty', '--message', 'Change'])
      await git(work, ['push', '--quiet', '--force', bare, `HEAD:refs/heads/${branch}`])
      const committed = await head()
      if (branch !== 'main') await git(work, ['reset', '--quiet', '--hard', 'HEAD~1'])
      return committed
    },
  }
}

const person = { GIT_AUTHOR_NAME: 'alice', GIT_AUTHOR_EMAIL: 'alice@acme.test' }

async function git(cwd: string, command: readonly string[]): Promise<string> {
  const env = {
    ...process.env,
    ...person,
    GIT_COMMITTER_NAME: 'alice',
    GIT_COMMITTER_EMAIL: 'alice@acme.test',
    GIT_CONFIG_GLOBAL: '/dev/null',
  }
  return (await run('git', [...command], { cwd, env })).stdout
}

const patienceMs = 20_000

/** As soon as it holds; after a while, why it does not. */
export async function come(holds: () => void | Promise<void>, tell: () => string): Promise<void> {
  for (const start = performance.now(); ;) {
    try {
      return await holds()
    } catch (error) {
      if (performance.now() - start > patienceMs) {
        throw new Error(`it did not come\n${String(error)}\n${tell()}`, { cause: error })
      }
      await delay(20)
    }
  }
}

/** How often the API server was asked, by verb, from what the agent tells Prometheus. */
export function requestsOf(metrics: string): Readonly<Record<string, number>> {
  const found = metrics.matchAll(/^agent_api_requests_total\{verb="([^"]+)"\} (\d+)$/gm)
  return Object.fromEntries([...found].map(([, verb = '', count = '']) => [verb, Number(count)]))
}

export function namespaceFile(name: string): string {
  return `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n`
}

export function configMapFile(name: string, namespace: string, data: Readonly<Record<string, string>>): string {
  const lines = Object.entries(data).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`)
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\ndata:\n${lines.join('\n')}\n`
}
