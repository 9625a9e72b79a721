import { type GitHub } from '../context.ts'
import { nodeId } from '../node-id.ts'
import { type App, type Delivery, type Installation } from '../state.ts'
import { renderAccount } from './account.ts'
import { type Json } from './json.ts'

/** `integration` */
export function renderApp(github: GitHub, app: App): Json {
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId('app', app.id),
    client_id: clientId(app),
    owner: renderAccount(github, app.owner),
    name: app.name,
    description: app.description,
    external_url: app.externalUrl,
    html_url: `${github.urls.web}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: app.permissions,
    events: app.events,
  }
}

export function renderOwnApp(github: GitHub, app: App): Json {
  const installations = [...github.state.installations.values()].filter((installation) => installation.app === app)
  return { ...renderApp(github, app), installations_count: installations.length }
}

export function renderInstallation(github: GitHub, installation: Installation): Json {
  const url = `${github.urls.api}/app/installations/${installation.id}`
  return {
    id: installation.id,
    account: renderAccount(github, installation.account),
    repository_selection: installation.selection,
    access_tokens_url: `${url}/access_tokens`,
    repositories_url: `${github.urls.api}/installation/repositories`,
    html_url: `${github.urls.web}/organizations/${installation.account.login}/settings/installations/${installation.id}`,
    app_id: installation.app.id,
    app_slug: installation.app.slug,
    client_id: clientId(installation.app),
    target_id: installation.account.id,
    target_type: installation.account.type,
    permissions: installation.permissions,
    events: installation.events,
    created_at: installation.createdAt,
    updated_at: installation.updatedAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: installation.suspendedAt === undefined ? null : renderAccount(github, installation.account),
    suspended_at: installation.suspendedAt ?? null,
  }
}

/** `hook-delivery-item` */
export function renderDeliveryItem(delivery: Delivery): Json {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.at,
    redelivery: delivery.redelivery,
    duration: delivery.durationSeconds,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installation?.id ?? null,
    repository_id: delivery.repository?.id ?? null,
    throttled_at: null,
  }
}

/** `hook-delivery` */
export function renderDelivery(delivery: Delivery): Json {
  return {
    ...renderDeliveryItem(delivery),
    url: delivery.url,
    request: { headers: delivery.requestHeaders, payload: delivery.payload },
    response: { headers: delivery.responseHeaders, payload: delivery.responseBody },
  }
}

function clientId(app: App): string {
  return `Iv1.${app.id.toString(16).padStart(16, '0')}`
}
