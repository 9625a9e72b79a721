import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { acme } from '../sandbox/acme.ts'
import type { Cluster } from '../sandbox/cluster/access.ts'
import type { Stage } from './stage.ts'

export type AgentPlace = {
  readonly botUrl: string
  readonly cluster: Cluster
  /** Its name in the configuration. */
  readonly name?: string
  /** Where the agent keeps its inventory. */
  readonly namespace?: string
  /** In place of the API server and of git, for who stands in between. */
  readonly server?: string
  readonly gitOrigin?: string
}

/**
 * The environment variables of the agent of a stage's cluster, as its chart would set them: the service account's token
 * and the authority in files, a key whose public half the repository names.
 */
export async function agentEnvironment(stage: Stage, place: AgentPlace): Promise<Readonly<Record<string, string>>> {
  const { cluster, name = acme.cluster, namespace = 'lotse' } = place
  const folder = join(stage.folder, 'agent')
  await mkdir(folder, { recursive: true })
  const file = async (called: string, text: string): Promise<string> => {
    const path = join(folder, called)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  return {
    CLUSTER: name,
    GIT_URL: `${place.gitOrigin ?? stage.github.webUrl}/${acme.repository}.git`,
    GIT_PATH: `clusters/${name}`,
    BOT_URL: place.botUrl,
    BOT_PUBLIC_KEY: stage.keys.bot.publicKey,
    AGENT_KEY_FILE: await file('key.pem', stage.keys.agent.pem.reveal()),
    NAMESPACE: namespace,
    DATA_DIR: join(folder, 'data'),
    KUBERNETES_SERVER: place.server ?? cluster.url,
    KUBERNETES_CA_FILE: await file('ca.crt', cluster.ca),
    KUBERNETES_TOKEN_FILE: await file('token', await serviceAccount(cluster, namespace)),
    HOST: '127.0.0.1',
    PORT: '0',
  }
}

/** The token of an account that may do everything: whoever applies what git says, roles included, needs no less. */
async function serviceAccount(cluster: Cluster, namespace: string): Promise<string> {
  const account = 'lotse-agent'
  const group = 'rbac.authorization.k8s.io'
  const binding = {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: `${account}-${namespace}` },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
  }
  await make(cluster, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await make(cluster, `/apis/${group}/v1/clusterrolebindings`, binding)
  return cluster.tokenFor({ namespace, serviceAccount: account })
}

async function make(cluster: Cluster, path: string, body: unknown): Promise<void> {
  const { status } = await cluster.ask({ method: 'POST', path, body })
  if (status !== 201 && status !== 409) throw new Error(`${path} answered ${status}`)
}
