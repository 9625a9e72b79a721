import { type GitHub } from '../context.ts'
import { findAccount, requireAccount, requireRepository } from '../lookup.ts'
import { addAccount, addApp, addKey } from '../operations/accounts.ts'
import { changeRepositories, installApp, suspendInstallation, uninstallApp } from '../operations/installations.ts'
import { type App, type Installation, type Repository } from '../state.ts'

/** Apps, and where they are installed. */
export type Apps = {
  registerApp(manifest: AppManifest, options: AppOptions): RegisteredApp
  /** A second key while rotating; both are valid. */
  addPrivateKey(appId: number): string
  setWebhookUrl(appId: number, url: string): void
  /** Gives the installation's id; `installation.created` is sent. Without `repositories`: all of the account. */
  install(appId: number, account: string, options?: { readonly repositories?: readonly string[] }): Promise<number>
  uninstall(installationId: number): Promise<void>
  suspend(installationId: number): Promise<void>
  unsuspend(installationId: number): Promise<void>
  changeRepositories(installationId: number, change: RepositoriesChange): Promise<void>
  /** A new attempt with the same id. */
  redeliver(deliveryId: number): void
}

/** `app.yml`, parsed. What is not here is ignored, as GitHub does. */
export type AppManifest = {
  readonly name: string
  readonly url?: string
  readonly description?: string
  readonly default_permissions?: Readonly<Record<string, string>>
  readonly default_events?: readonly string[]
}

export type AppOptions = {
  readonly webhookUrl?: string
  readonly webhookSecret: string
  /** The first organization unless one is named. */
  readonly owner?: string
}

export type RegisteredApp = {
  readonly appId: number
  readonly slug: string
  /** PEM, PKCS#1, as GitHub hands it out. */
  readonly privateKey: string
  readonly botUserId: number
  /** `slug[bot]` */
  readonly botLogin: string
}

export type RepositoriesChange = { readonly add?: readonly string[]; readonly remove?: readonly string[] }

export function appsOf(github: GitHub): Apps {
  const { state } = github
  const appWith = (id: number): App => found(state.apps.get(id), `app ${id}`)
  const installationWith = (id: number): Installation => found(state.installations.get(id), `installation ${id}`)
  const named = (names: readonly string[]): readonly Repository[] => names.map((name) => requireRepository(state, name))
  return {
    registerApp: (manifest, options) => register(github, manifest, options),
    addPrivateKey: (appId) => addKey(appWith(appId)),
    setWebhookUrl(appId, url) {
      found(appWith(appId).hook, `webhook of app ${appId}`).url = url
    },
    async install(appId, login, { repositories } = {}) {
      const account = requireAccount(state, login)
      const chosen = repositories === undefined ? undefined : named(repositories)
      return (await installApp(github, { app: appWith(appId), account }, chosen)).id
    },
    uninstall: async (id) => uninstallApp(github, installationWith(id)),
    suspend: async (id) => suspendInstallation(github, installationWith(id), { suspended: true }),
    unsuspend: async (id) => suspendInstallation(github, installationWith(id), { suspended: false }),
    changeRepositories: async (id, { add = [], remove = [] }) =>
      changeRepositories(github, installationWith(id), { add: named(add), remove: named(remove) }),
    redeliver(id) {
      const delivery = state.deliveries.find((candidate) => candidate.id === id)
      github.outbox.redeliver(found(delivery, `delivery ${id}`))
    },
  }
}

function register(github: GitHub, manifest: AppManifest, options: AppOptions): RegisteredApp {
  const organization = [...github.state.accounts.values()].find(({ type }) => type === 'Organization')
  const owner = options.owner === undefined ? organization : findAccount(github.state, options.owner)
  const app = addApp(github, {
    name: manifest.name,
    ...(manifest.url === undefined ? {} : { url: manifest.url }),
    ...(manifest.description === undefined ? {} : { description: manifest.description }),
    owner: owner ?? addAccount(github, 'app-owner', 'Organization'),
    permissions: manifest.default_permissions ?? {},
    events: manifest.default_events ?? [],
    hook: { url: options.webhookUrl ?? '', secret: options.webhookSecret },
  })
  return {
    appId: app.id,
    slug: app.slug,
    privateKey: addKey(app),
    botUserId: app.bot.id,
    botLogin: app.bot.login,
  }
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`)
  return value
}
