import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import { type TestContext, after, test } from 'node:test'
import { UserError } from '../../src/core/user-error.ts'
import { type Cluster, openCluster } from '../../src/sandbox/cluster/access.ts'
import { type SharedCluster, getTools, missing, sayMissing, startShared } from './shared-cluster.ts'

export type TestCluster = Cluster & {
  /** Of this file alone. */
  readonly namespace: string
  /** For objects outside of namespaces: on everything that this file makes there, and in their names. */
  readonly label: Readonly<Record<string, string>>
  readonly kubectl: string
}

export type ClusterTest = (name: string, run: (cluster: TestCluster, t: TestContext) => Promise<void>) => void

/**
 * Tests of one file on a real API server, which it shares with the other files of the run, and a namespace, which it
 * does not. A file that is run alone starts a server of its own. Nothing is deleted: the server goes with the run, and
 * without a controller manager a namespace would never finish going.
 */
export function testsOnCluster(file: string): ClusterTest {
  const stem = basename(file, '.test.ts')
  let joined: Promise<TestCluster | undefined> | undefined
  return (name, run) => {
    test(name, async (t) => {
      const cluster = await (joined ??= joinCluster(stem))
      if (cluster !== undefined) await run(cluster, t)
    })
  }
}

/** Undefined where there can be no cluster: then that is said, and with `CI=true` it is an error. */
export async function joinCluster(stem: string): Promise<TestCluster | undefined> {
  const shared = await sharedCluster()
  if (shared.kind === 'missing') {
    sayMissing(`test/cluster/${stem}.test.ts`, shared.because)
    return undefined
  }
  const cluster = openCluster(shared.access)
  const label = { 'lotse.dev/test-file': stem }
  const namespace = `${stem}-${randomBytes(4).toString('hex')}`
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: label } }
  const { status } = await cluster.ask({ method: 'POST', path: '/api/v1/namespaces', body })
  if (status !== 201) throw new Error(`the namespace ${namespace} was answered with ${status}`)
  return { ...cluster, namespace, label, kubectl: shared.kubectl }
}

async function sharedCluster(): Promise<SharedCluster> {
  const url = process.env['SHARED_CLUSTER']
  if (url === undefined) return (own ??= startOwn())
  const response = await fetch(url)
  if (!response.ok) throw new Error(await response.text())
  return (await response.json()) as SharedCluster
}

let own: Promise<SharedCluster> | undefined
let closeOwn = async (): Promise<void> => undefined

async function startOwn(): Promise<SharedCluster> {
  const tools = await getTools()
  const shared = await (tools instanceof UserError ? missing(tools)() : startShared(tools))
  closeOwn = shared.close
  return shared.answer
}

after(() => closeOwn())
