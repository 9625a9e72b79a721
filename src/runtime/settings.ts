import { type Parsed, refused } from '../core/parsed.ts'
import { type Secret } from '../core/secret.ts'
import { type LogOptions } from './log.ts'
import { parseRegistries, type RegistrySetting } from './registries.ts'
import {
  createSettingReader,
  type Environment,
  type ReadFile,
  readText,
  settingsOf,
  type SettingValues,
} from './setting-reader.ts'
import { agentLinkKey, botRows, type BotVariable, privateKey } from './settings-rows.ts'

/** The bot's settings, read once at start. */
export type BotSettings = {
  readonly github: {
    readonly appId: number
    readonly privateKey: Secret
    readonly apiUrl: string
    readonly graphqlUrl: string
  }
  /** The first is the one to sign with; there are two while it is being changed. */
  readonly webhookSecrets: readonly [Secret, ...Secret[]]
  readonly host: string
  readonly port: number
  readonly log: LogOptions
  readonly database:
    | { readonly kind: 'folder'; readonly path: string }
    | { readonly kind: 'server'; readonly url: Secret }
  readonly databaseSchema: string
  /** The only registries that are ever asked, whatever a manifest says. */
  readonly registries: readonly RegistrySetting[]
  /** Absent: notifications of registries are refused. */
  readonly registryWebhookSecret?: Secret
  /** What the bot proves itself with to agents. Absent: none is accepted. */
  readonly agentLinkKey?: Secret
  readonly refreshIntervalMs: number
}

/** Throws a `UserError` that says everything that is wrong. */
export function readBotSettings(environment: Environment, readFile: ReadFile = readText): BotSettings {
  return settingsOf(
    parseBotSettings(environment, readFile),
    'Every setting is described in docs/settings.md; .env.example is a start.',
  )
}

type Values = SettingValues<typeof botRows>

/** All problems at once, each with the name of its variable and without the value of a secret. */
export function parseBotSettings(environment: Environment, readFile: ReadFile): Parsed<BotSettings> {
  const { said, values: read, take, file, settle } = createSettingReader(environment, readFile)
  const values = read(botRows)
  const key = values.PRIVATE_KEY ?? file('PRIVATE_KEY_PATH', values.PRIVATE_KEY_PATH, privateKey)
  const registries = values.REGISTRIES ?? file('REGISTRIES_FILE', values.REGISTRIES_FILE, parseRegistries) ?? []
  const linkKey = values.AGENT_LINK_KEY ?? file('AGENT_LINK_KEY_PATH', values.AGENT_LINK_KEY_PATH, agentLinkKey)
  if (!said('PRIVATE_KEY') && values.PRIVATE_KEY_PATH === undefined) {
    take('PRIVATE_KEY', refused({ message: 'expected a value, got none', help: 'Set it or PRIVATE_KEY_PATH.' }))
  }
  return settle(() => compose(values as Complete, { key: key as Secret, linkKey, registries }))
}

/** What is required or has a default is there once there are no problems. */
type Complete = { readonly [V in BotVariable]-?: Exclude<Values[V], undefined> } & Pick<Values, Optional>
type Optional = 'DATABASE_URL' | 'WEBHOOK_SECRET_PREVIOUS' | 'REGISTRY_WEBHOOK_SECRET'

/** What may also stand in a file. */
type FromFiles = {
  readonly key: Secret
  readonly linkKey: Secret | undefined
  readonly registries: readonly RegistrySetting[]
}

function compose(
  values: Omit<Complete, Optional> & Pick<Values, Optional>,
  { key, linkKey, registries }: FromFiles,
): BotSettings {
  const {
    WEBHOOK_SECRET_PREVIOUS: previous,
    REGISTRY_WEBHOOK_SECRET: registryWebhookSecret,
    DATABASE_URL: url,
  } = values
  return {
    github: {
      appId: values.APP_ID,
      privateKey: key,
      apiUrl: values.GITHUB_API_URL,
      graphqlUrl: graphqlUrl(values.GITHUB_API_URL),
    },
    webhookSecrets: previous === undefined ? [values.WEBHOOK_SECRET] : [values.WEBHOOK_SECRET, previous],
    host: values.HOST,
    port: values.PORT,
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    database: url === undefined ? { kind: 'folder', path: values.DATA_DIR } : { kind: 'server', url },
    databaseSchema: values.DATABASE_SCHEMA,
    registries,
    ...(registryWebhookSecret === undefined ? {} : { registryWebhookSecret }),
    ...(linkKey === undefined ? {} : { agentLinkKey: linkKey }),
    refreshIntervalMs: values.REFRESH_INTERVAL,
  }
}

/** GitHub Enterprise Server has REST under `/api/v3`, GraphQL under `/api/graphql`. */
function graphqlUrl(apiUrl: string): string {
  return `${apiUrl.replace(/\/v3$/, '')}/graphql`
}
