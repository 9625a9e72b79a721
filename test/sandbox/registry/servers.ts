import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { startRegistry } from '../../../src/sandbox/registry/registry.ts'
import type { TokenServer } from './token-server.ts'

export type RunningServer = { readonly url: string; readonly stop: () => Promise<void> }

/** A registry that can be held to the protocol. `start` is undefined where it is not on this machine. */
export type Server = {
  readonly name: 'sandbox' | 'debian' | 'distribution'
  readonly title: string
  readonly howToGetIt: string
  readonly start: ((notificationsTo: string | undefined, auth?: ServerAuth) => Promise<RunningServer>) | undefined
}

/** How a registry lets `login` in, and nobody else. */
export type ServerAuth =
  | { readonly kind: 'password' }
  /** The sandbox is its own token server. */
  | { readonly kind: 'token'; readonly server: TokenServer }

export const login = { username: 'bot', password: 'a password' }
/** Of that password, because only bcrypt counts in such a file. */
const htpasswd = 'bot:$2b$05$abcdefghijklmnopqrstuu2sM.EEHj4jPcCa5rwqJGg1PNBllkZXy\n'

const distributionBin = process.env['DISTRIBUTION_REGISTRY_BIN'] ?? onPath('registry')
const debianBin = onPath('docker-registry')

export const servers: readonly Server[] = [
  {
    name: 'sandbox',
    title: 'the sandbox',
    howToGetIt: 'it is in src/sandbox/registry',
    start: async (notificationsTo, auth) => {
      const notifications = { url: notificationsTo ?? '', headers: { authorization: token } }
      const registry = await startRegistry({
        ...(notificationsTo === undefined ? {} : { notifications }),
        ...(auth === undefined
          ? {}
          : { auth: { ...login, challenges: [auth.kind === 'token' ? 'bearer' : 'basic'] as const } }),
      })
      return { url: registry.url, stop: registry.close }
    },
  },
  {
    name: 'debian',
    title: "Debian's docker-registry",
    howToGetIt: 'apt-get install -y --no-install-recommends docker-registry',
    start: debianBin === undefined ? undefined : (to, auth) => startDistribution(debianBin, to, auth),
  },
  {
    name: 'distribution',
    title: "distribution's registry",
    howToGetIt:
      'go install github.com/distribution/distribution/v3/cmd/registry@v3.1.1, and DISTRIBUTION_REGISTRY_BIN or PATH to find it',
    start: distributionBin === undefined ? undefined : (to, auth) => startDistribution(distributionBin, to, auth),
  },
]

export const token = 'Bearer a-token-of-the-test'

async function startDistribution(
  program: string,
  notificationsTo: string | undefined,
  auth: ServerAuth | undefined,
): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), 'lotse-registry-'))
  const config = join(folder, 'config.yml')
  const authentication = auth === undefined ? {} : { auth: await authenticationIn(folder, auth) }
  await writeFile(config, JSON.stringify({ ...configuration(folder, notificationsTo), ...authentication }))
  // Tracing would look for a collector for ten seconds.
  const env = { PATH: process.env['PATH'] ?? '', OTEL_TRACES_EXPORTER: 'none' }
  const child = spawn(program, ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'], env })
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const log: string[] = []
  const address = await listeningAddress(child.stderr, log)
  if (address === undefined) {
    await stop()
    throw new Error(`${program} did not start:\n${log.join('\n')}`)
  }
  // A full pipe would stop it.
  child.stderr.resume()
  return { url: `http://${address}`, stop }
}

async function listeningAddress(stderr: Readable, log: string[]): Promise<string | undefined> {
  for await (const line of createInterface(stderr)) {
    log.push(line)
    const address = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1]
    if (address !== undefined) return address
  }
  return undefined
}

/** JSON is YAML. */
function configuration(folder: string, notificationsTo: string | undefined): object {
  const endpoint = { headers: { Authorization: [token] }, timeout: '1s', threshold: 3, backoff: '1s' }
  const endpoints = notificationsTo === undefined ? [] : [{ name: 'test', url: notificationsTo, ...endpoint }]
  return {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(folder, 'data') },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: '127.0.0.1:0', secret: 'of the test' },
    notifications: { endpoints },
  }
}

async function authenticationIn(folder: string, auth: ServerAuth): Promise<object> {
  const file = join(folder, auth.kind)
  await writeFile(file, auth.kind === 'password' ? htpasswd : auth.server.certificate)
  if (auth.kind === 'password') return { htpasswd: { realm: 'of the test', path: file } }
  const { realm, service, issuer } = auth.server
  return { token: { realm, service, issuer, rootcertbundle: file } }
}

function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
