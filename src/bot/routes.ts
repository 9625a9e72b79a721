import type { Database } from '../io/store/database.ts'
import { type HttpAnswer, type HttpRoute, type HttpServer, type HttpUpgrade, startHttp } from '../runtime/http.ts'
import type { BotSettings } from '../runtime/settings.ts'
import type { Deps } from './deps.ts'
import { receiveGitHub } from './github-webhook.ts'
import { formatMetrics } from './metrics.ts'
import { createRegistryWebhook } from './registry-webhook.ts'

/** GitHub sends no larger payload. */
const webhookBytes = 25 * 1024 * 1024
const notificationBytes = 1024 * 1024

/** What the bot answers over HTTP: webhooks, probes, metrics; and, by upgrade, its agents. */
export async function serve(
  deps: Deps,
  settings: BotSettings,
  upgrades: readonly HttpUpgrade[] = [],
): Promise<HttpServer> {
  const { registryWebhookSecret: secret, registries } = settings
  const registryWebhook = createRegistryWebhook(deps, { secret, registries })
  const routes: readonly HttpRoute[] = [
    {
      method: 'POST',
      path: '/webhooks/github',
      maxBytes: webhookBytes,
      handle: (request) => receiveGitHub(deps, settings.webhookSecrets, request),
    },
    {
      method: 'POST',
      path: registryWebhookPath('{host}'),
      maxBytes: notificationBytes,
      handle: (request) => registryWebhook.receive(request, request.params['host'] ?? ''),
    },
    {
      method: 'OPTIONS',
      path: registryWebhookPath('{host}'),
      handle: (request) => registryWebhook.permit(request, request.params['host'] ?? ''),
    },
    { method: 'GET', path: '/metrics', handle: () => metrics(deps) },
  ]
  return startHttp({
    host: settings.host,
    port: settings.port,
    routes,
    upgrades,
    log: deps.log,
    ready: () => answers(deps.database),
  })
}

/** Each registry has an address of its own, because what a payload says of its host is only the sender's word. */
export function registryWebhookPath(host: string): string {
  return `/webhooks/registry/${host}`
}

/** A database that is gone is an answer to the probe, and no failure of it. */
async function answers(database: Database): Promise<boolean> {
  try {
    await database.query('select 1')
    return true
  } catch {
    return false
  }
}

async function metrics({ jobs, agents, registry }: Deps): Promise<HttpAnswer> {
  return { status: 200, body: formatMetrics(await jobs.pending(), agents.sessions().length, registry.pullsLeft()) }
}
