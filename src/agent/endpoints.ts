import { type HttpRoute, type HttpServer, startHttp } from '../runtime/http.ts'
import type { AgentState } from '../core/agent-protocol.ts'
import type { Deps } from './deps.ts'
import { formatMetrics } from './metrics.ts'

export type EndpointDeps = Deps & {
  readonly version: string
  readonly state: () => AgentState
  /** Undefined: there is no bot. */
  readonly connected: () => boolean | undefined
}

/** What the agent answers over HTTP: probes, metrics, and its state for people. It takes nothing. */
export function serve(deps: EndpointDeps): Promise<HttpServer> {
  const { settings, log, memory } = deps
  const routes: readonly HttpRoute[] = [
    { method: 'GET', path: '/metrics', handle: async () => ({ status: 200, body: metrics(deps) }) },
    { method: 'GET', path: '/status', handle: async () => ({ status: 200, body: deps.state() }) },
  ]
  return startHttp({
    host: settings.host,
    port: settings.port,
    routes,
    log,
    ready: async () => memory.fetched && memory.looked,
  })
}

function metrics({ version, memory, kubernetes, repository, connected }: EndpointDeps): string {
  const { lastReport, lastFullAt, durations } = memory
  const up = connected()
  return formatMetrics({
    version,
    durations,
    ...(lastReport === undefined ? {} : { lastReport }),
    ...(lastFullAt === undefined ? {} : { lastSuccess: lastFullAt }),
    requests: kubernetes.requests(),
    gitFetches: repository.mirror.fetches(),
    gitFailures: memory.gitFailures,
    ...(up === undefined ? {} : { connected: up }),
  })
}
