import { readFileSync } from 'node:fs'
import type { AgentKey } from '../core/config/agent-key.ts'
import type { ClusterPath } from '../core/config/cluster-path.ts'
import type { BranchName, ClusterName } from '../core/ids.ts'
import { formatProblem, type Parsed, type Problem, parsed, refused } from '../core/parsed.ts'
import type { Secret } from '../core/secret.ts'
import { UserError } from '../core/user-error.ts'
import {
  type AgentVariable,
  agentRows,
  type GitUrl,
  parseAgentPrivateKey,
  serviceAccountFolder,
} from './agent-settings-rows.ts'
import type { LogOptions } from './log.ts'
import type { Environment, ReadFile } from './settings.ts'
import type { SettingRow } from './settings-rows.ts'

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
  const result = parseAgentSettings(environment, readFile)
  if (result.ok) return result.value
  throw new UserError(
    `the settings are wrong:\n${result.problems.map((problem) => `  ${formatProblem(problem)}`).join('\n')}`,
    { help: 'Every setting is described in docs/agent.md.' },
  )
}

function readText(path: string): string {
  return readFileSync(path, 'utf8')
}

type Values = { readonly [V in AgentVariable]: ValueOf<(typeof agentRows)[V]> | undefined }
type ValueOf<R> = R extends { readonly parse: (text: string) => Parsed<infer T> } ? T : never

/** All problems at once, each with the name of its variable and without the value of a secret. */
export function parseAgentSettings(environment: Environment, readFile: ReadFile): Parsed<AgentSettings> {
  const problems: Problem[] = []
  function take<T>(name: string, result: Parsed<T>): T | undefined {
    if (result.ok) return result.value
    problems.push(...result.problems.map((problem) => ({ ...problem, message: `${name}: ${problem.message}` })))
    return undefined
  }
  const said = (name: string): string => environment[name]?.trim() ?? ''
  function read<T>(name: string, row: SettingRow<T>): T | undefined {
    const text = said(name) || row.default
    if (text !== undefined) return take(name, row.parse(text))
    if (row.required) take(name, refused({ message: 'expected a value, got none', help: row.description }))
    return undefined
  }

  const rows: readonly (readonly [string, SettingRow<unknown>])[] = Object.entries(agentRows)
  // Each value has the type of its row: the same key, the same `parse`.
  const values = Object.fromEntries(rows.map(([name, row]) => [name, read(name, row)])) as Values
  const access = take('GIT_URL', gitAccess(values))
  const key =
    values.AGENT_KEY_FILE === undefined
      ? undefined
      : take('AGENT_KEY_FILE', readWith(readFile, values.AGENT_KEY_FILE, parseAgentPrivateKey))
  take('BOT_URL', allOrNone(said))

  const [first, ...others] = problems
  if (first !== undefined) return refused(first, ...others)
  const namespace = values.NAMESPACE ?? podNamespace(readFile)
  return parsed(compose(values as Complete, { access, key, namespace, server: serverOf(values, said) } as Looked))
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

function readWith<T>(readFile: ReadFile, path: string, parse: (text: string) => Parsed<T>): Parsed<T> {
  try {
    return parse(readFile(path))
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'it cannot be read'
    return refused(`expected a readable file, got \`${path}\` (${reason})`)
  }
}
