import { type Parsed, type Problem, parsed, refused } from '../core/parsed.ts'
import { type Secret } from '../core/secret.ts'
import { type LogOptions } from './log.ts'
import { parseRegistries, type RegistrySetting } from './registries.ts'
import { botRows, type BotVariable, privateKey, type SettingRow } from './settings-rows.ts'

/** The bot's settings, read once at start. */
export type BotSettings = {
  readonly app: {
    readonly id: number
    readonly privateKey: Secret
    /** Several while the secret is being changed. */
    readonly webhookSecrets: readonly Secret[]
  }
  readonly listen: { readonly host: string; readonly port: number }
  readonly log: LogOptions
  readonly database:
    | { readonly kind: 'folder'; readonly path: string }
    | { readonly kind: 'server'; readonly url: Secret }
  readonly github: { readonly apiUrl: string; readonly graphqlUrl: string }
  /** The only registries that are ever asked, whatever a manifest says. */
  readonly registries: readonly RegistrySetting[]
  /** Absent: notifications of registries are refused. */
  readonly registryWebhookSecret?: Secret
  readonly refreshIntervalMs: number
}

export type SettingsDeps = {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** For `PRIVATE_KEY_PATH` and `REGISTRIES_FILE`; throws when it cannot. */
  readonly readFile: (path: string) => string
}

type Values = { readonly [V in BotVariable]: ValueOf<(typeof botRows)[V]> | undefined }
type ValueOf<R> = R extends { readonly parse: (text: string) => Parsed<infer T> } ? T : never

/** All problems at once, each with the name of its variable and without the value of a secret. */
export function readBotSettings({ environment, readFile }: SettingsDeps): Parsed<BotSettings> {
  const problems: Problem[] = []
  function take<T>(name: string, result: Parsed<T>): T | undefined {
    if (result.ok) return result.value
    problems.push(...result.problems.map((problem) => ({ ...problem, message: `${name}: ${problem.message}` })))
    return undefined
  }
  function read<T>(name: string, row: SettingRow<T>): T | undefined {
    const text = environment[name]?.trim() || row.default
    if (text !== undefined) return take(name, row.parse(text))
    if (row.required) take(name, refused({ message: 'expected a value, got none', help: row.description }))
    return undefined
  }
  function file<T>(name: string, path: string | undefined, parse: (text: string) => Parsed<T>): T | undefined {
    return path === undefined ? undefined : take(name, readWith(readFile, path, parse))
  }

  const rows: readonly (readonly [string, SettingRow<unknown>])[] = Object.entries(botRows)
  // Each value has the type of its row: the same key, the same `parse`.
  const values = Object.fromEntries(rows.map(([name, row]) => [name, read(name, row)])) as Values
  const key = values.PRIVATE_KEY ?? file('PRIVATE_KEY_PATH', values.PRIVATE_KEY_PATH, privateKey)
  const registries = values.REGISTRIES ?? file('REGISTRIES_FILE', values.REGISTRIES_FILE, parseRegistries) ?? []
  if (!environment['PRIVATE_KEY'] && values.PRIVATE_KEY_PATH === undefined) {
    take('PRIVATE_KEY', refused({ message: 'expected a value, got none', help: 'Set it or PRIVATE_KEY_PATH.' }))
  }

  const [first, ...others] = problems
  if (first !== undefined) return refused(first, ...others)
  return parsed(compose(values as Complete, key as Secret, registries))
}

/** What is required or has a default is there once there are no problems. */
type Complete = { readonly [V in BotVariable]-?: Exclude<Values[V], undefined> } & Pick<Values, Optional>
type Optional = 'DATABASE_URL' | 'WEBHOOK_SECRET_PREVIOUS' | 'REGISTRY_WEBHOOK_SECRET'

function compose(
  values: Omit<Complete, Optional> & Pick<Values, Optional>,
  key: Secret,
  registries: readonly RegistrySetting[],
): BotSettings {
  const {
    WEBHOOK_SECRET_PREVIOUS: previous,
    REGISTRY_WEBHOOK_SECRET: registryWebhookSecret,
    DATABASE_URL: url,
  } = values
  return {
    app: {
      id: values.APP_ID,
      privateKey: key,
      webhookSecrets: previous === undefined ? [values.WEBHOOK_SECRET] : [values.WEBHOOK_SECRET, previous],
    },
    listen: { host: values.HOST, port: values.PORT },
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
    database: url === undefined ? { kind: 'folder', path: values.DATA_DIR } : { kind: 'server', url },
    github: { apiUrl: values.GITHUB_API_URL, graphqlUrl: graphqlUrl(values.GITHUB_API_URL) },
    registries,
    ...(registryWebhookSecret === undefined ? {} : { registryWebhookSecret }),
    refreshIntervalMs: values.REFRESH_INTERVAL,
  }
}

/** GitHub Enterprise Server has REST under `/api/v3`, GraphQL under `/api/graphql`. */
function graphqlUrl(apiUrl: string): string {
  return `${apiUrl.replace(/\/v3$/, '')}/graphql`
}

function readWith<T>(readFile: (path: string) => string, path: string, parse: (text: string) => Parsed<T>): Parsed<T> {
  try {
    return parse(readFile(path))
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read'
    return refused(`expected a readable file, got \`${path}\` (${reason})`)
  }
}
