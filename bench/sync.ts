import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { agentEnvironment } from '../src/cli/stage-agent.ts'
import { acme } from '../src/sandbox/acme.ts'
import { type SandboxCluster, startCluster } from '../src/sandbox/cluster/cluster.ts'
import { formatKubeconfig } from '../src/sandbox/cluster/kubeconfig.ts'
import { reportLines } from '../src/sandbox/tools/progress.ts'
import { resolveTools } from '../src/sandbox/tools/resolve.ts'
import { type AgentProcess, agentProcess } from '../test/support/agent-process.ts'
import { type ClusterWorld, openClusterWorld } from '../test/support/cluster-world.ts'
import { quantile, timed, times } from './measure.ts'
import type { Bench, Row, Table } from './report.ts'

const pushes = 20
const many = 1000
const patienceMs = 60_000

type Tell = (progress: string) => void

export const sync: Bench = {
  about: 'from a push to what runs: time, requests to a real API server, memory; and kubectl, which Flux v1 syncs with',
  async run(tell) {
    const tools = await resolveTools(['kube-apiserver', 'etcd', 'kubectl'], {
      environment: process.env,
      report: reportLines(tell),
    })
    const cluster = await startCluster({ tools })
    try {
      const few = await small(cluster, tell)
      const lots = await large(cluster, tools.kubectl.path, tell)
      return [...few.tables, lots.table, memoryOf({ few: few.mib, lots: lots.mib })]
    } finally {
      await cluster.close()
    }
  },
}

/** Acme's four objects: a push, nothing, memory. */
async function small(
  cluster: SandboxCluster,
  tell: Tell,
): Promise<{ readonly tables: readonly Table[]; readonly mib: number }> {
  await using world = await openClusterWorld(cluster)
  await world.startBot()
  const agent = await startProcess(world, {})
  try {
    await until('the first commit to be applied', () => isDeployed(world))
    const seen: Push[] = []
    for (let n = 0; n <= pushes; n++) {
      const push = await pushOnce(world, `${n}`)
      tell(`push ${n} of ${pushes}: ${push.appliedMs.toFixed(0)} ms`)
      // The first loads what is loaded late; it counts for nothing.
      if (n > 0) seen.push(push)
    }
    const tables = [timesOf(seen), requestsOf(seen, await nothingChanged(world))]
    return { tables, mib: await residentMiB(agent) }
  } finally {
    await agent.kill()
  }
}

async function startProcess(world: ClusterWorld, settings: Readonly<Record<string, string>>): Promise<AgentProcess> {
  const place = { botUrl: world.botUrl(), cluster: world.cluster, name: world.name, server: world.api.url }
  const environment = await agentEnvironment(world, { ...place, namespace: `lotse-${world.name}` })
  // As docs/agent.md runs it.
  const node = { NODE_COMPILE_CACHE: join(world.folder, 'compiled'), NODE_OPTIONS: '--max-semi-space-size=2' }
  const agent = agentProcess({ ...environment, ...node, ...settings })
  agent.start()
  return agent
}

type Push = { readonly appliedMs: number; readonly toldMs: number; readonly requests: Counts }
type Counts = Readonly<Record<string, number>>

async function pushOnce(world: ClusterWorld, greeting: string): Promise<Push> {
  const path = `clusters/${world.name}/demo-settings.yaml`
  const text = (await world.file(path)).replace(/GREETING: .*/, `GREETING: "${greeting}"`)
  world.api.reset()
  const start = performance.now()
  await world.github.person('alice').push(acme.repository, { branch: 'main', files: { [path]: text } })
  await until(`${greeting} to be applied`, async () => {
    return (await world.live('v1/configmaps/demo-settings'))?.data.GREETING === greeting
  })
  const appliedMs = performance.now() - start
  await until(`${greeting} to be told`, () => isDeployed(world))
  return { appliedMs, toldMs: performance.now() - start, requests: world.api.counts() }
}

function isDeployed(world: ClusterWorld): boolean {
  const { deployments } = world.github.repository(acme.repository)
  const own = [...deployments.values()].filter(({ sha }) => sha === world.head('main'))
  return own.at(-1)?.statuses.at(-1)?.state === 'success'
}

/** A person asks the agent to look; `/lotse sync` would verify each object, a push of a foreign file does not. */
async function nothingChanged(world: ClusterWorld): Promise<Counts> {
  world.api.reset()
  await world.github.person('alice').push(acme.repository, { branch: 'main', files: { 'NOTE.md': 'Nothing.\n' } })
  await until('a foreign file to be passed over', () => isDeployed(world))
  return world.api.counts()
}

function timesOf(seen: readonly Push[]): Table {
  const row = (what: string, values: readonly number[]): Row => ({
    what,
    'p50 ms': quantile(values, 0.5),
    'p95 ms': quantile(values, 0.95),
  })
  return {
    title: `from a push to what runs, ${pushes} times`,
    rows: [
      row(
        'push → applied',
        seen.map(({ appliedMs }) => appliedMs),
      ),
      row(
        'push → deployment says success',
        seen.map(({ toldMs }) => toldMs),
      ),
    ],
    notes: ['webhook → bot → hint → git fetch → lists → PATCH → report; all on one machine'],
  }
}

function requestsOf(seen: readonly Push[], nothing: Counts): Table {
  const one = seen.at(-1)?.requests ?? {}
  const names = [...new Set([...Object.keys(one), ...Object.keys(nothing)])].toSorted()
  const rows = names.map((request) => ({
    request,
    'one object changed': one[request] ?? 0,
    'nothing changed': nothing[request] ?? 0,
  }))
  const total = { request: 'all', 'one object changed': sum(one), 'nothing changed': sum(nothing) }
  return { title: 'requests to the API server for a commit, four objects of four kinds', rows: [...rows, total] }
}

function memoryOf({ few, lots }: { readonly few: number; readonly lots: number }): Table {
  return {
    title: 'resident memory of the agent, run as in a pod',
    rows: [
      { when: `four objects, idle after ${pushes + 1} syncs`, MiB: few },
      { when: `${many + 4} objects, after syncs every second`, MiB: lots },
    ],
  }
}

/** A thousand objects that are as they should be: the agent looks, and kubectl applies as Flux v1 does every five minutes. */
async function large(
  cluster: SandboxCluster,
  kubectl: string,
  tell: Tell,
): Promise<{ readonly table: Table; readonly mib: number }> {
  await using world = await openClusterWorld(cluster)
  const files = Array.from({ length: 20 }, (_, file) => [
    `clusters/${world.name}/many-${file}.yaml`,
    configMaps(file, world),
  ])
  await world.github.person('alice').push(acme.repository, { branch: 'main', files: Object.fromEntries(files) })
  await world.startBot()
  tell(`${many} objects are applied for the first time`)
  const first = await timed(async () => {
    const agent = await startProcess(world, { SYNC_INTERVAL: '1s' })
    await until('all of them to be applied', () => isDeployed(world))
    return agent
  })
  const agent = first.result
  const rows: Row[] = []
  let mib: number
  try {
    const requests = sum(world.api.counts())
    rows.push({ what: 'Lotse, all new, the start of the agent included', ms: first.ms, requests })
    tell('and looked at again')
    rows.push({ what: 'Lotse, nothing changed', ...(await unchanged(world, agent)) })
    mib = await residentMiB(agent)
  } finally {
    await agent.kill()
  }
  for (const [what, args] of Object.entries({
    'kubectl apply, as Flux v1': ['apply'],
    'kubectl apply --server-side': ['apply', '--server-side', '--force-conflicts'],
  })) {
    tell(what)
    rows.push({ what: `${what}, nothing changed`, ...(await withKubectl(world, kubectl, args)) })
  }
  const base = Number(rows[1]?.['ms'])
  const table = {
    title: `${many + 4} objects`,
    rows: rows.map((row) => ({ ...row, 'of Lotse’s time': times(Number(row['ms']), base) })),
    notes: ['requests are counted by a proxy; kubectl has its first run, which takes over the objects, before'],
  }
  return { table, mib }
}

function configMaps(file: number, { name }: ClusterWorld): string {
  const one = (n: number): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: many-${file}-${n}, namespace: ${name} }\ndata:\n  a: "${'x'.repeat(400)}"\n`
  return Array.from({ length: many / 20 }, (_, n) => one(n)).join('---\n')
}

/** The agent's own clock: from the fetch to the report. */
async function unchanged(world: ClusterWorld, agent: AgentProcess): Promise<{ ms: number; requests: number }> {
  const url = /url="(http:[^"]+)"/.exec(agent.log())?.[1] ?? ''
  const seen: { readonly ms: number; readonly requests: number }[] = []
  let last = ''
  while (seen.length < 6) {
    await delay(20)
    const { lastReport } = (await (await fetch(`${url}/status`)).json()) as StatusSeen
    if (lastReport === undefined || lastReport.finishedAt === last) continue
    last = lastReport.finishedAt
    const ms = Date.parse(lastReport.finishedAt) - Date.parse(lastReport.startedAt)
    seen.push({ ms, requests: sum(world.api.counts()) })
    world.api.reset()
  }
  const kept = seen.slice(1)
  return {
    ms: quantile(
      kept.map(({ ms }) => ms),
      0.5,
    ),
    requests: quantile(
      kept.map(({ requests }) => requests),
      0.5,
    ),
  }
}

type StatusSeen = { readonly lastReport?: { readonly startedAt: string; readonly finishedAt: string } }

async function withKubectl(
  world: ClusterWorld,
  kubectl: string,
  args: readonly string[],
): Promise<{ ms: number; requests: number }> {
  const manifests = join(world.folder, 'many.yaml')
  const texts = await Promise.all(
    Array.from({ length: 20 }, (_, n) => world.file(`clusters/${world.name}/many-${n}.yaml`)),
  )
  await writeFile(manifests, texts.join('---\n'))
  const kubeconfig = join(world.folder, 'kubeconfig')
  const token = await world.cluster.tokenFor({ user: 'admin', groups: ['system:masters'] })
  await writeFile(kubeconfig, formatKubeconfig({ url: world.api.url, ca: world.cluster.ca, user: { token } }))
  const run = async (): Promise<unknown> =>
    promisify(execFile)(kubectl, [`--kubeconfig=${kubeconfig}`, ...args, '-f', manifests], { maxBuffer: 1e8 })
  await run()
  world.api.reset()
  const { ms } = await timed(run)
  return { ms, requests: sum(world.api.counts()) }
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((all, count) => all + count, 0)
}

async function residentMiB(agent: AgentProcess): Promise<number> {
  const status = await readFile(`/proc/${agent.pid()}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  for (const start = performance.now(); !(await look()); await delay(5)) {
    if (performance.now() - start > patienceMs) throw new Error(`waited in vain for ${what}`)
  }
}
