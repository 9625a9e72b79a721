import type { AgentKey } from '../core/config/agent-key.ts'
import type { ClusterPath } from '../core/config/cluster-path.ts'
import type { BranchName, ClusterName } from '../core/ids.ts'
import { type Parsed, parsed, refused } from '../core/parsed.ts'
import type { Secret } from '../core/secret.ts'
import {
  type AgentVariable,
  agentRows,
  type GitUrl,
  parseAgentPrivateKey,
  serviceAccountFolder,
} from './agent-settings-rows.ts'
import type { LogOptions } from './log.ts'
import {
  createSettingReader,
  type Environment,
  type ReadFile,
  readText,
  settingsOf,
  type SettingValues,
} from './setting-reader.ts'

/** The agent's settings, read once at start. Which commit runs they do not say: git does. */
export type AgentSettings = {
  readonly cluster: ClusterName
  readonly git: GitUrl & {
    /** Undefined: the default branch. */
    readonly branch?: BranchName
    readonly path: ClusterPath
    readonly access: GitAccess
  }
  readonly bot?: BotAccess
  /** Where the inventory lives. */
  readonly namespace: string
  readonly dataDir: string
  readonly syncIntervalMs: number
  readonly verifyIntervalMs: number
  /** Undefined outside of a cluster: there a kubeconfig says it. */
  readonly kubernetes?: { readonly server: string; readonly caFile: string; readonly tokenFile: string }
  readonly host: string
  readonly port: number
  readonly log: LogOptions
}

/** `asked`: nobody gave any, so the bot is asked once the remote wants one. `none`: there is nobody who would want one. */
export type GitAccess =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly file: string }
  | { readonly kind: 'ssh-key'; readonly file: string; readonly knownHostsFile?: string }
  | { readonly kind: 'asked' }

export type BotAccess = { readonly url: string; readonly publicKey: AgentKey; readonly key: Secret }

/** Throws a `UserError` that says everything that is wrong. */
export function readAgentSettings(environment: Environment, readFile: ReadFile = readText): AgentSettings {
  return settingsOf(parseAgentSettings(environment, readFile), 'Every setting is described in docs/agent.md.')
}

type Values = SettingValues<typeof agentRows>

/** All problems at once, each with the name of its variable and without the value of a secret. */
export function parseAgentSettings(environment: Environment, readFile: ReadFile): Parsed<AgentSettings> {
  const { said, values: read, take, file, settle } = createSettingReader(environment, readFile)
  const values = read(agentRows)
  const access = take('GIT_URL', gitAccess(values))
  const key = file('AGENT_KEY_FILE', values.AGENT_KEY_FILE, parseAgentPrivateKey)
  take('BOT_URL', allOrNone(said))
  return settle(() => {
    const namespace = values.NAMESPACE ?? podNamespace(readFile)
    return compose(values as Complete, { access, key, namespace, server: serverOf(values, said) } as Looked)
  })
}

/** One kind of access, and what it needs. */
function gitAccess({
  GIT_URL: url,
  GIT_TOKEN_FILE: token,
  GIT_SSH_KEY_FILE: key,
  GIT_KNOWN_HOSTS_FILE: known,
}: Values): Parsed<GitAccess> {
  if (token !== undefined && key !== undefined) return refused('expected GIT_TOKEN_FILE or GIT_SSH_KEY_FILE, got both')
  if (token !== undefined && url?.kind === 'ssh') {
    return refused({
      message: 'expected an https address with GIT_TOKEN_FILE, got ssh',
      help: 'or set GIT_SSH_KEY_FILE',
    })
  }
  if (key !== undefined && url !== undefined && url.kind !== 'ssh') {
    return refused({
      message: `expected an ssh address with GIT_SSH_KEY_FILE, got \`${url.url}\``,
      help: 'such as `git@github.com:acme/gitops.git`, or set GIT_TOKEN_FILE instead',
    })
  }
  if (key === undefined && url?.kind === 'ssh') {
    return refused({ message: 'expected GIT_SSH_KEY_FILE with an ssh address', help: 'or write it with https' })
  }
  if (key !== undefined) {
    return parsed({ kind: 'ssh-key', file: key, ...(known === undefined ? {} : { knownHostsFile: known }) })
  }
  if (token !== undefined) return parsed({ kind: 'token', file: token })
  return parsed({ kind: url?.kind === 'file' ? 'none' : 'asked' })
}

function allOrNone(said: (name: string) => string): Parsed<void> {
  const needed = ['BOT_URL', 'BOT_PUBLIC_KEY', 'AGENT_KEY_FILE']
  const missing = needed.filter((name) => said(name) === '')
  return missing.length === 0 || missing.length === needed.length
    ? parsed(undefined)
    : refused({
        message: `expected all of ${needed.join(', ')} or none, got no ${missing.join(' and no ')}`,
        help: 'without a bot the agent looks for new commits by itself',
      })
}

/** Kubernetes tells every pod where its API server is. */
function serverOf({ KUBERNETES_SERVER: server }: Values, said: (name: string) => string): string | undefined {
  const [host, port] = [said('KUBERNETES_SERVICE_HOST'), said('KUBERNETES_SERVICE_PORT') || '443']
  if (server !== undefined || host === '') return server
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`
}

function podNamespace(readFile: ReadFile): string {
  try {
    return readFile(`${serviceAccountFolder}/namespace`).trim()
  } catch {
    return 'lotse'
  }
}

/** What is required or has a default is there once there are no problems. */
type Complete = { readonly [V in AgentVariable]: Always<V> extends true ? Exclude<Values[V], undefined> : Values[V] }
type Always<V extends AgentVariable> = (typeof agentRows)[V] extends
  | { readonly required: true }
  | { readonly default: string }
  ? true
  : false
type Looked = {
  readonly access: GitAccess
  readonly key?: Secret
  readonly namespace: string
  readonly server?: string
}

function compose(values: Complete, { access, key, namespace, server }: Looked): AgentSettings {
  const { GIT_BRANCH: branch, BOT_URL: url, BOT_PUBLIC_KEY: publicKey } = values
  return {
    cluster: values.CLUSTER,
    git: { ...values.GIT_URL, ...(branch === undefined ? {} : { branch }), path: values.GIT_PATH, access },
    ...(url === undefined || publicKey === undefined || key === undefined ? {} : { bot: { url, publicKey, key } }),
    namespace,
    dataDir: values.DATA_DIR,
    syncIntervalMs: values.SYNC_INTERVAL,
    verifyIntervalMs: values.VERIFY_INTERVAL,
    ...(server === undefined
      ? {}
      : {
          kubernetes: { server, caFile: values.KUBERNETES_CA_FILE, tokenFile: values.KUBERNETES_TOKEN_FILE },
        }),
    host: values.HOST,
    port: values.PORT,
    log: { level: values.LOG_LEVEL, format: values.LOG_FORMAT },
  }
}
