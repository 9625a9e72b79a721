import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { registryWebhookPath } from '../bot/routes.ts'
import { createKey } from '../io/agent-link/keys.ts'
import { type BotSettings, readBotSettings } from '../runtime/settings.ts'
import { type AcmeOptions, acme, acmeBuild, acmeFilesFor } from '../sandbox/acme.ts'
import { type AppManifest, type RegisteredApp, type SandboxGitHub, startGitHub } from '../sandbox/github/github.ts'
import { type ImageToPush, pushImage } from '../sandbox/registry/push-image.ts'
import { type SandboxRegistry, startRegistry } from '../sandbox/registry/registry.ts'

export type StageOptions = {
  /** One of its own, that goes with the stage; a temporary one unless said. */
  readonly folder?: string
  readonly githubPort?: number
  readonly registryPort?: number
  readonly botPort?: number
  /** Instead of the embedded database in the stage's folder. */
  readonly databaseUrl?: string
  readonly databaseSchema?: string
  readonly private?: boolean
  /** The cluster has an agent, whose key is in the configuration. */
  readonly withAgent?: boolean
  readonly acme?: Omit<AcmeOptions, 'agentKey'>
  /** Of `acme/gitops`; a file that is null is not there. */
  readonly files?: Readonly<Record<string, string | null>>
}

/** What the bot and the agent of the cluster prove themselves with. */
export type StageKeys = { readonly bot: LinkKey; readonly agent: LinkKey }
type LinkKey = ReturnType<typeof createKey>

/** A GitHub and a registry on this machine, and the organisation acme on both: what a bot is started on. */
export type Stage = {
  readonly github: SandboxGitHub
  readonly registry: SandboxRegistry
  readonly app: RegisteredApp
  /** Where everything of the stage is kept; it goes with the stage. */
  readonly folder: string
  /** The bot's environment variables, as an operator would set them, and what they say. */
  readonly environment: Readonly<Record<string, string>>
  readonly settings: BotSettings
  readonly keys: StageKeys
  /** Tells GitHub and the registry where the bot listens. */
  connect(botUrl: string): void
  /** Pushes a tag of acme's image, as a registry's client does. */
  push(tag: string, image?: Omit<ImageToPush, 'repository' | 'tag'>): Promise<void>
  /** When neither a webhook nor a notification is under way. */
  settled(): Promise<void>
  close(): Promise<void>
}

const webhookSecret = 'the webhook secret of the sandbox, 32+ bytes'
const registrySecret = 'the registry secret of the sandbox, 32+ bytes'

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'lotse-stage-')))
  const github = await startGitHub({
    directory: join(folder, 'github'),
    ...(options.githubPort === undefined ? {} : { port: options.githubPort }),
  })
  const registry = await startRegistry(options.registryPort === undefined ? {} : { port: options.registryPort })
  const push: Stage['push'] = async (tag, image = {}) => {
    await pushImage(registry.url, { ...acmeBuild(tag), ...image })
  }
  await push('1.2.0')
  const keys = { bot: createKey(), agent: createKey() }
  const app = await populate(github, keys, options)
  const environment = environmentFor({ github, registry, app, keys, folder, options })
  return {
    github,
    registry,
    app,
    folder,
    environment,
    settings: readBotSettings(environment),
    keys,
    connect(botUrl) {
      github.setWebhookUrl(app.appId, `${botUrl}/webhooks/github`)
      registry.setNotifications({
        url: `${botUrl}${registryWebhookPath(acme.registryHost)}`,
        headers: { authorization: `Bearer ${registrySecret}` },
      })
    },
    push,
    async settled() {
      await Promise.all([github.settled(), registry.settled()])
    },
    async close() {
      await registry.close()
      await github.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function populate(github: SandboxGitHub, keys: StageKeys, options: StageOptions): Promise<RegisteredApp> {
  github.createOrganization(acme.organization)
  for (const person of ['alice', 'bob', 'eve']) github.createUser(person)
  const agent = options.withAgent === true ? { agentKey: keys.agent.publicKey } : {}
  const files = Object.entries({ ...acmeFilesFor({ ...options.acme, ...agent }), ...options.files })
  await github.createRepository(acme.repository, {
    files: Object.fromEntries(files.filter((file): file is [string, string] => file[1] !== null)),
    private: options.private ?? false,
  })
  github.grant(acme.repository, 'alice', 'admin')
  github.grant(acme.repository, 'bob', 'write')
  const app = github.registerApp(await readAppManifest(), { webhookSecret })
  await github.install(app.appId, acme.organization)
  return app
}

/** Our own app.yml: a permission or event that is missing there is missing here. */
async function readAppManifest(): Promise<AppManifest> {
  const path = resolve(import.meta.dirname, '../../app.yml')
  const manifest: AppManifest = parse(await readFile(path, 'utf8'))
  return manifest
}

type Parts = {
  readonly github: SandboxGitHub
  readonly registry: SandboxRegistry
  readonly app: RegisteredApp
  readonly keys: StageKeys
  readonly folder: string
  readonly options: StageOptions
}

function environmentFor({ github, registry, app, keys, folder, options }: Parts): Readonly<Record<string, string>> {
  const registries = [{ host: acme.registryHost, url: registry.url }]
  return {
    APP_ID: `${app.appId}`,
    PRIVATE_KEY: app.privateKey,
    WEBHOOK_SECRET: webhookSecret,
    REGISTRY_WEBHOOK_SECRET: registrySecret,
    ...(options.withAgent === true ? { AGENT_LINK_KEY: keys.bot.pem.reveal() } : {}),
    GITHUB_API_URL: github.apiUrl,
    REGISTRIES: JSON.stringify(registries),
    HOST: '127.0.0.1',
    PORT: `${options.botPort ?? 0}`,
    DATA_DIR: join(folder, 'bot'),
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    ...(options.databaseSchema === undefined ? {} : { DATABASE_SCHEMA: options.databaseSchema }),
  }
}
