import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { UserError } from '../../core/user-error.ts'
import { acme } from '../../sandbox/acme.ts'
import { type SandboxCluster, startCluster } from '../../sandbox/cluster/cluster.ts'
import { reportLines } from '../../sandbox/tools/progress.ts'
import { type ResolvedTool, resolveTools } from '../../sandbox/tools/resolve.ts'
import { say } from './say.ts'

export type DemoCluster = SandboxCluster & {
  readonly version: string
  /** The command and its options, to be typed as they are. */
  readonly kubectl: readonly string[]
  /** A field of an object of acme's namespace, by its JSONPath. */
  readonly get: (kind: string, name: string, field: string) => Promise<string>
}

/** A real API server: its programs are found, downloaded or, once, built, and their progress is said. */
export async function startDemoCluster(folder: string): Promise<DemoCluster> {
  const tools = await getTools()
  const cluster = await startCluster({ tools })
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, cluster.kubeconfig(), { mode: 0o600 })
  const [program, ...options] = [tools.kubectl.path, `--kubeconfig=${kubeconfig}`] as const
  return {
    ...cluster,
    version: tools['kube-apiserver'].version,
    kubectl: [program, ...options],
    async get(kind, name, field) {
      const asked = [...options, '-n', acme.namespace, 'get', kind, name, '-o', `jsonpath=${field}`]
      return (await promisify(execFile)(program, asked)).stdout
    },
  }
}

async function getTools(): Promise<Readonly<Record<'kube-apiserver' | 'etcd' | 'kubectl', ResolvedTool>>> {
  try {
    return await resolveTools(['kube-apiserver', 'etcd', 'kubectl'], {
      environment: process.env,
      report: reportLines((line) => say(`    … ${line}`)),
    })
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const help = `${error.help}\n  The bot’s half alone needs no cluster: npm run demo -- --no-cluster`
    throw new UserError(error.message, { help, cause: error })
  }
}
