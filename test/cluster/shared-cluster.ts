import { once } from 'node:events'
import { createServer } from 'node:http'
import { UserError } from '../../src/core/user-error.ts'
import type { ClusterAccess } from '../../src/sandbox/cluster/access.ts'
import { type SandboxCluster, startCluster } from '../../src/sandbox/cluster/cluster.ts'
import { reportLines } from '../../src/sandbox/tools/progress.ts'
import { type ResolvedTool, resolveTools } from '../../src/sandbox/tools/resolve.ts'

// node --test --test-global-setup=test/cluster/shared-cluster.ts
//
// One API server for all files of a run. It belongs to the runner, which outlives the files and tells them by
// SHARED_CLUSTER where to ask; it is started for the first one that asks, so a run that needs none has none. Its tools
// are got before any test, for a build takes longer than a test may.

type Tools = Readonly<Record<'kube-apiserver' | 'etcd' | 'kubectl', ResolvedTool>>

/** What a test file gets from here. */
export type SharedCluster =
  | { readonly kind: 'here'; readonly access: ClusterAccess; readonly kubectl: string }
  | { readonly kind: 'missing'; readonly because: string }

let close = async (): Promise<void> => undefined

export async function globalSetup(): Promise<void> {
  const tools = await getTools()
  const server = await serve(tools instanceof UserError ? missing(tools) : lazily(() => startShared(tools)))
  process.env['SHARED_CLUSTER'] = server.url
  close = server.close
}

export async function globalTeardown(): Promise<void> {
  await close()
}

/** Tools that cannot be had are an error only for a test that wants them. */
export async function getTools(): Promise<Tools | UserError> {
  try {
    return await resolveTools(['kube-apiserver', 'etcd', 'kubectl'], {
      environment: process.env,
      report: reportLines((line) => process.stderr.write(`${line}\n`)),
    })
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
}

export async function startShared(tools: Tools): Promise<Shared> {
  const cluster = await startCluster({ tools })
  return { answer: { kind: 'here', access: cluster.access, kubectl: tools.kubectl.path }, close: cluster.close }
}

export function missing(error: UserError): () => Promise<Shared> {
  const because = `${error.message}\n${error.help}`
  return async () => ({ answer: { kind: 'missing', because }, close: async () => undefined })
}

/** Loud, and with `CI=true` an error: a suite that tests nothing must not look like one that passes. */
export function sayMissing(file: string, because: string): void {
  if (process.env['CI'] === 'true') throw new Error(`${file} cannot run without its tools\n${because}`)
  process.stderr.write(`${file} was skipped\n${because}\n`)
}

export type Shared = { readonly answer: SharedCluster; readonly close: SandboxCluster['close'] }

function lazily<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined
  return () => (started ??= start())
}

/** Who asks waits until the cluster is up. */
async function serve(
  start: () => Promise<Shared>,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  let asked = false
  const server = createServer((_request, response) => {
    asked = true
    start().then(
      ({ answer }) => response.end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the shared cluster listens on no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      if (asked) await (await start()).close()
    },
  }
}
