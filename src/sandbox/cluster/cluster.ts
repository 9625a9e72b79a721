import { randomBytes } from 'node:crypto'
import { type ClusterAccess, type Cluster, openCluster } from './access.ts'
import { startApiServer } from './api-server.ts'
import { createAuthority, openAuthority } from './certificates.ts'
import { startEtcd } from './etcd.ts'
import { startTokenReviewer } from './user-tokens.ts'

export type ClusterOptions = {
  /** Paths of the programs, as the resolver gives them. */
  readonly tools: {
    readonly 'kube-apiserver': { readonly path: string }
    readonly etcd: { readonly path: string }
  }
  /** Default: a free one. */
  readonly port?: number
  /** How long the start may take; two to four seconds are usual. */
  readonly startWithinMs?: number
  readonly signal?: AbortSignal
}

export type SandboxCluster = Cluster & {
  /** Resolves when nothing of it is left: no process, no folder. */
  readonly close: () => Promise<void>
}

/**
 * A real Kubernetes API server with its etcd. Both end with this process, however that ends. There is no controller
 * manager: namespaces never finish deleting, owner references do nothing, and nothing rolls out.
 */
export async function startCluster(options: ClusterOptions): Promise<SandboxCluster> {
  const late = AbortSignal.timeout(options.startWithinMs ?? 60_000)
  const signal = options.signal === undefined ? late : AbortSignal.any([late, options.signal])
  const started: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    // The last that was started ends first: an API server without its etcd complains.
    for (const end of started.toReversed()) await end()
  }
  try {
    const access = await startParts(options, { signal, started })
    return { ...openCluster(access), close }
  } catch (error) {
    await close()
    throw error
  }
}

type Starting = { readonly signal: AbortSignal; readonly started: (() => Promise<void>)[] }

async function startParts({ tools, port }: ClusterOptions, { signal, started }: Starting): Promise<ClusterAccess> {
  const authority = createAuthority(new Date())
  const admin = openAuthority(authority, () => new Date()).issueClient('admin', ['system:masters'])
  const tokenKey = randomBytes(32).toString('base64url')

  const reviewer = await startTokenReviewer(tokenKey)
  started.push(reviewer.close)
  const etcd = await startEtcd(tools.etcd.path, signal)
  started.push(etcd.daemon.end)
  const server = await startApiServer({
    program: tools['kube-apiserver'].path,
    ...(port === undefined ? {} : { port }),
    etcd: etcd.endpoint,
    authority,
    admin,
    tokenReviewer: reviewer.url,
    signal,
  })
  started.push(server.daemon.end)
  return { url: server.url, authority, admin, tokenKey }
}
