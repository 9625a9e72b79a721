import { existsSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node'
import { Secret } from '../core/secret.ts'
import { UserError } from '../core/user-error.ts'
import type { KubernetesSettings, Source } from '../io/kubernetes/settings.ts'

/**
 * The way to a cluster as kubectl knows it: of a file, else of those in `KUBECONFIG`, else of `~/.kube/config`.
 * `@kubernetes/client-node` is loaded here alone: it knows every way to log in, and costs 85 MiB.
 */
export async function kubernetesFromKubeconfig(path?: string, context?: string): Promise<KubernetesSettings> {
  const config = await loadKubeconfig(path)
  const { cluster, user } = chooseContext(config, context)
  return { ...serverOf(cluster), credentials: await credentialsOf(config, user) }
}

async function loadKubeconfig(path: string | undefined): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  const files = path === undefined ? kubectlsFiles() : path
  try {
    if (path === undefined) config.loadFromDefault()
    else config.loadFromFile(resolve(path))
  } catch (cause) {
    throw new UserError(`\`${files}\` cannot be read as a kubeconfig: ${messageOf(cause)}`, {
      help: 'check it with: kubectl config view',
      cause,
    })
  }
  return config
}

/** Without one, client-node would ask whatever listens on port 8080. */
function kubectlsFiles(): string {
  const named = process.env['KUBECONFIG'] ?? ''
  const usual = join(homedir(), '.kube', 'config')
  if (named !== '') return named
  if (existsSync(usual)) return usual
  throw new UserError(`there is no kubeconfig: KUBECONFIG is not set, and there is no \`${usual}\``, {
    help: 'name one with --kubeconfig',
  })
}

function chooseContext(
  config: KubeConfig,
  wanted: string | undefined,
): { readonly cluster: Cluster; readonly user: User | undefined } {
  const name = wanted ?? config.getCurrentContext() ?? ''
  const names = config.getContexts().map((context) => `\`${context.name}\``)
  const help = names.length === 0 ? 'add a context with: kubectl config set-context' : `there are ${names.join(', ')}`
  const context = config.getContextObject(name)
  if (context === null) {
    const message = name === '' ? 'the kubeconfig has no current context' : `the kubeconfig has no context \`${name}\``
    throw new UserError(message, { help })
  }
  config.setCurrentContext(name)
  const cluster = config.getCluster(context.cluster)
  if (cluster === null) throw dangling(name, 'cluster', context.cluster)
  const user = context.user === undefined ? null : config.getUser(context.user)
  if (user === null && context.user !== undefined) throw dangling(name, 'user', context.user)
  return { cluster, user: user ?? undefined }
}

function dangling(context: string, what: 'cluster' | 'user', name: string): UserError {
  return new UserError(`the context \`${context}\` names the ${what} \`${name}\`, which the kubeconfig does not have`, {
    help: 'check it with: kubectl config view',
  })
}

function serverOf(cluster: Cluster): Omit<KubernetesSettings, 'credentials'> {
  const { name, server, caFile, caData, tlsServerName } = cluster
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
    throw new UserError(`expected the server of the cluster \`${name}\` as https://HOST:PORT, got \`${server}\``, {
      help: 'mend it in the kubeconfig',
    })
  }
  if (cluster.skipTLSVerify) {
    throw new UserError(`the cluster \`${name}\` has insecure-skip-tls-verify: anybody could answer in its place`, {
      help: 'give its authority as certificate-authority instead',
    })
  }
  if (cluster.proxyUrl !== undefined) {
    throw new UserError(`the cluster \`${name}\` is behind a proxy (proxy-url), which is not supported`, {
      help: 'run kubectl port-forward or a tunnel, and name its address as the server',
    })
  }
  const ca = sourceOf(caFile, caData)
  return {
    server,
    ...(ca === undefined ? {} : { ca }),
    ...(tlsServerName === undefined ? {} : { serverName: tlsServerName }),
  }
}

async function credentialsOf(config: KubeConfig, user: User | undefined): Promise<KubernetesSettings['credentials']> {
  if (user === undefined) return { kind: 'none' }
  refuseUnknownWays(user)
  // A file may be replaced while we run; client-node would give its text.
  const certificate = sourceOf(user.certFile, user.certData)
  const key = sourceOf(user.keyFile, user.keyData)
  if (certificate !== undefined && key !== undefined) return { kind: 'certificate', certificate, key }
  const login = await logIn(config, user)
  const again = (part: keyof Login): Source => ({ read: async () => (await logIn(config, user))[part] ?? '' })
  if (login.token !== undefined) return { kind: 'token', token: again('token') }
  if (login.certificate === undefined || login.key === undefined) return { kind: 'none' }
  return { kind: 'certificate', certificate: again('certificate'), key: again('key') }
}

function refuseUnknownWays({ name, username, impersonateUser }: User): void {
  const way = typeof username === 'string' ? 'a password' : typeof impersonateUser === 'string' ? 'impersonation' : ''
  if (way === '') return
  throw new UserError(`the user \`${name}\` logs in with ${way}, which is not supported`, {
    help: 'use a token, a client certificate or a login program',
  })
}

type Login = { readonly token?: Secret; readonly certificate?: string; readonly key?: Secret }

/** A token as it stands, or what the user's login program or provider gives now; client-node remembers it until it ends. */
async function logIn(config: KubeConfig, user: User): Promise<Login> {
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (cause) {
    throw new UserError(`the user \`${user.name}\` cannot log in: ${messageOf(cause)}`, {
      help: 'check it with: kubectl auth whoami',
      cause,
    })
  }
  const { authorization } = lowerCased(options.headers)
  const token = /^Bearer (.+)$/s.exec(authorization ?? '')?.[1]
  return {
    ...(token === undefined ? {} : { token: new Secret(token) }),
    ...(isText(options.cert) ? { certificate: options.cert.toString() } : {}),
    ...(isText(options.key) ? { key: new Secret(options.key.toString()) } : {}),
  }
}

function lowerCased(headers: RequestOptions['headers']): { readonly authorization?: string } {
  const pairs = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)])
  return Object.fromEntries(pairs)
}

function isText(value: unknown): value is string | Buffer {
  return typeof value === 'string' || Buffer.isBuffer(value)
}

/** As kubectl does it, what stands in the kubeconfig itself goes before a file. */
function sourceOf(file: string | undefined, base64: string | undefined): Source | undefined {
  if (typeof base64 === 'string') return { text: Buffer.from(base64, 'base64').toString() }
  return typeof file === 'string' ? { file } : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error)
}
