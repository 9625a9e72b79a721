import { join } from 'node:path'
import type { GitCredential } from './credential.ts'
import { GitError } from './git-error.ts'

export type GitEnvironment = Readonly<Record<string, string>>

/** Where git runs: a folder of ours as its home, and the environment that we run in ourselves. */
export type Machine = {
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** How the machine reaches its network: all that git is given of our own environment. */
const ofMachine = ['PATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'GIT_SSL_CAINFO', ...proxies()]

function proxies(): readonly string[] {
  const names = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy']
  return [...names, ...names.map((name) => name.toUpperCase())]
}

type Pairs = readonly (readonly [key: string, value: string])[]

/** Git that can reach nothing: a missing object is missing, whatever the version of git would do about it. */
export function localEnvironment(machine: Machine): GitEnvironment {
  return environment(machine, [['protocol.allow', 'never']])
}

/**
 * Git that talks to the remote. All of it is in the environment: arguments can be read by every process of the machine,
 * and a file stays.
 */
export function remoteEnvironment(machine: Machine, url: string, credential: GitCredential): GitEnvironment {
  const scheme = schemeOf(url)
  return {
    ...environment(machine, [
      ['remote.origin.url', url],
      ['protocol.allow', 'never'],
      [`protocol.${scheme}.allow`, 'always'],
      // Where a redirect may lead, from http, too; never back.
      ['protocol.https.allow', scheme === 'http' || scheme === 'https' ? 'always' : 'never'],
      // A connection that hardly moves is none.
      ['http.lowSpeedLimit', '1000'],
      ['http.lowSpeedTime', '30'],
      // Thousands of wanted ids go as one request.
      ['http.postBuffer', `${8 * 1024 * 1024}`],
      ...(credential.kind === 'token' && scheme.startsWith('http') ? helpers(url) : []),
    ]),
    ...(credential.kind === 'token' ? { LOTSE_GIT_TOKEN: credential.token.reveal() } : {}),
    ...(scheme === 'ssh' ? sshCommand(machine.home, url, credential) : {}),
  }
}

/** `git@github.com:acme/gitops` is ssh, too. */
export function schemeOf(url: string): string {
  return /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase() ?? 'ssh'
}

/**
 * A helper for this host alone instead of `http.extraHeader`: git would send the header also to where a redirect leads.
 * The price is that each conversation begins with a refusal.
 */
function helpers(url: string): Pairs {
  const helper = `!f() { test "$1" = get && printf 'username=x-access-token\\npassword=%s\\n' "$LOTSE_GIT_TOKEN"; }; f`
  return [[`credential.${new URL(url).origin}.helper`, helper]]
}

function environment({ home, environment: ours }: Machine, config: Pairs): GitEnvironment {
  const all: Pairs = [
    ['core.hooksPath', '/dev/null'],
    // Large files are streamed, never held.
    ['core.bigFileThreshold', '8m'],
    ['gc.auto', '0'],
    ['maintenance.auto', 'false'],
    ...config,
  ]
  const pairs = all.flatMap(([key, value], i) => [
    [`GIT_CONFIG_KEY_${i}`, key],
    [`GIT_CONFIG_VALUE_${i}`, value],
  ])
  const network = ofMachine.flatMap((name) => (ours[name] === undefined ? [] : [[name, ours[name]]]))
  return {
    PATH: usualPath,
    ...Object.fromEntries(network),
    HOME: home,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_CONFIG_COUNT: `${all.length}`,
    ...Object.fromEntries(pairs),
  }
}

/** Where github.com's host keys are written to; others must be given. */
export function knownHostsPath(home: string): string {
  return join(home, 'known_hosts')
}

/** https://docs.github.com/authentication/keeping-your-account-and-data-secure/githubs-ssh-key-fingerprints */
export const githubHostKeys = `github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl
github.com ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=
`

function sshCommand(home: string, url: string, credential: GitCredential): GitEnvironment {
  if (credential.kind !== 'ssh-key') {
    throw new GitError('denied', `${url} is reached by ssh, and there is no key for it`, {
      help: 'set GIT_SSH_KEY_FILE, or give the address as https',
    })
  }
  const options = [
    'IdentitiesOnly=yes',
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${quoted(credential.knownHosts ?? knownHostsPath(home))}`,
    'GlobalKnownHostsFile=/dev/null',
    'ForwardAgent=no',
    'ConnectTimeout=20',
    'ServerAliveInterval=15',
  ]
  const words = ['ssh', '-F', '/dev/null', '-i', credential.path, ...options.flatMap((option) => ['-o', option])]
  return { GIT_SSH_COMMAND: words.map((word) => inShell(word)).join(' '), GIT_SSH_VARIANT: 'ssh' }
}

/** As ssh reads a path in an option: blanks part paths, and `%` begins a token. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`
}

function inShell(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}
