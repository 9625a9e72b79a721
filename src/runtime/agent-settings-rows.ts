import { type AgentKey, parseAgentKey } from '../core/config/agent-key.ts'
import { parseClusterPath } from '../core/config/cluster-path.ts'
import { type RepoName, parseBranchName, parseClusterName, parseRepoName } from '../core/ids.ts'
import { parseKeyPair } from '../core/key-pair.ts'
import { type Parsed, parsed, refused } from '../core/parsed.ts'
import { Secret } from '../core/secret.ts'
import { logFormats, logLevels } from './log.ts'
import { duration, httpUrl, oneOf, wholeNumber } from './setting-values.ts'
import { type SettingRows } from './setting-reader.ts'

/** Where Kubernetes puts into a pod what its service account needs. */
export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The order is that of the docs. */
export const agentRows = {
  CLUSTER: {
    parse: parseClusterName,
    description: 'The name of this cluster in `.github/lotse.yaml`.',
    required: true,
  },
  GIT_URL: {
    parse: parseGitUrl,
    description: 'The repository: `https://github.com/acme/gitops` or `git@github.com:acme/gitops.git`.',
    required: true,
  },
  GIT_BRANCH: { parse: parseBranchName, description: 'The branch to follow; without it, the default branch.' },
  GIT_PATH: {
    parse: parseClusterPath,
    description: 'The folder of this cluster’s manifests, as in `.github/lotse.yaml`; `.` is the whole repository.',
    required: true,
  },
  GIT_TOKEN_FILE: {
    parse: parsed<string>,
    description: 'A file with a token that may read the repository. It is read again at each fetch.',
  },
  GIT_SSH_KEY_FILE: { parse: parsed<string>, description: 'The private key of a read-only deploy key.' },
  GIT_KNOWN_HOSTS_FILE: {
    parse: parsed<string>,
    description: 'The host keys that `GIT_SSH_KEY_FILE` may be shown to, as in `~/.ssh/known_hosts`.',
  },
  BOT_URL: { parse: httpUrl, description: 'Where the bot is. Without a bot, the agent looks every `SYNC_INTERVAL`.' },
  BOT_PUBLIC_KEY: { parse: parseBotKey, description: 'What the bot proves itself with: `ssh-ed25519 AAAA…`.' },
  AGENT_KEY_FILE: {
    parse: parsed<string>,
    description: 'What this agent proves itself with: the private key that `lotse key` made.',
  },
  NAMESPACE: {
    parse: parseNamespace,
    description: 'Where the agent keeps its inventory; without it, the namespace of its pod, else `lotse`.',
  },
  DATA_DIR: {
    parse: parsed<string>,
    default: './.lotse/agent',
    description: 'Where its copy of the repository lies. It can be lost.',
  },
  SYNC_INTERVAL: {
    parse: duration,
    default: '5m',
    description: 'How often to look for a new commit and for drift that nobody told: `90s`, `5m`, `1h`.',
  },
  VERIFY_INTERVAL: {
    parse: duration,
    default: '1h',
    description: 'How often to ask the API server about every object, also those that look in sync.',
  },
  KUBERNETES_SERVER: {
    parse: httpUrl,
    description: 'The API server; without it, the one of the cluster that the pod runs in.',
  },
  KUBERNETES_CA_FILE: {
    parse: parsed<string>,
    default: `${serviceAccountFolder}/ca.crt`,
    description: 'What the API server’s certificate is checked with.',
  },
  KUBERNETES_TOKEN_FILE: {
    parse: parsed<string>,
    default: `${serviceAccountFolder}/token`,
    description: 'The token of the service account. It is read again, because it changes.',
  },
  HOST: { parse: parsed<string>, default: '0.0.0.0', description: 'The address to listen on, for probes and metrics.' },
  PORT: { parse: wholeNumber(0, 65_535), default: '8080', description: 'The port to listen on; 0 picks a free one.' },
  LOG_LEVEL: { parse: oneOf(logLevels), default: 'info', description: `One of ${logLevels.join(', ')}.` },
  LOG_FORMAT: { parse: oneOf(logFormats), default: 'json', description: '`json` for machines, `text` for people.' },
} as const satisfies SettingRows

export type AgentVariable = keyof typeof agentRows

export type GitUrl = {
  /** As it was written. */
  readonly url: string
  readonly kind: 'http' | 'ssh' | 'file'
  /** `acme/gitops`, however it is reached: objects are marked with it. */
  readonly repository: RepoName
}

/** The same form as an agent's key, and another place to get it from. */
function parseBotKey(text: string): Parsed<AgentKey> {
  const key = parseAgentKey(text)
  if (key.ok) return key
  // A private key is never repeated.
  if (text.includes('PRIVATE KEY')) {
    return refused({
      message: 'expected the public key of the bot, got a private key',
      help: 'that key is known now: make a new one with `lotse key --out FILE`, give the file to the bot, and write the line that it prints here',
    })
  }
  return refused({
    message: 'expected the public key of the bot: `ssh-ed25519` and 68 characters after one space',
    help: 'print it with `lotse key --public FILE`, of the file in the bot’s AGENT_LINK_KEY_PATH',
  })
}

export function parseGitUrl(text: string): Parsed<GitUrl> {
  const expected = 'expected the address of a repository, such as `https://github.com/acme/gitops`'
  // `git@github.com:acme/gitops.git` is no URL, and the form that people copy.
  const [, scpPath] = /^[\w.-]+@[\w.-]+:(?!\/)([^\s?#]+)$/.exec(text) ?? []
  if (scpPath !== undefined) return gitUrl(text, 'ssh', scpPath)
  const url = URL.parse(text)
  if (url === null) return refused(`${expected}, got \`${text}\``)
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:')) {
    return refused({
      message: 'expected an address without user or password',
      help: 'put the token into the file of GIT_TOKEN_FILE',
    })
  }
  const kind = kinds.get(url.protocol)
  if (kind === undefined || url.search !== '' || url.hash !== '') return refused(`${expected}, got \`${text}\``)
  return gitUrl(text, kind, url.pathname)
}

const kinds: ReadonlyMap<string, GitUrl['kind']> = new Map([
  ['https:', 'http'],
  ['http:', 'http'],
  ['ssh:', 'ssh'],
  ['file:', 'file'],
])

/** Owner and name are the last two parts of the path, whatever stands before them. */
function gitUrl(url: string, kind: GitUrl['kind'], path: string): Parsed<GitUrl> {
  const parts = path.replace(/(?:\.git)?\/*$/, '').split('/')
  const repository = parseRepoName(parts.slice(-2).join('/'))
  return repository.ok
    ? parsed({ url, kind, repository: repository.value })
    : refused(`expected owner and name of a repository behind the host, got \`${url}\``)
}

/** What `lotse key` wrote. */
export function parseAgentPrivateKey(text: string): Parsed<Secret> {
  const pem = new Secret(text.trim())
  const pair = parseKeyPair(pem)
  return pair.ok ? parsed(pem) : pair
}

function parseNamespace(text: string): Parsed<string> {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text)
    ? parsed(text)
    : refused(`expected a namespace (lower-case letters, digits and hyphens, at most 63), got \`${text}\``)
}
