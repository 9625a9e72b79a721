import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Credentials, openAuthority } from './certificates.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import { freePort } from './free-port.ts'
import { formatKubeconfig } from './kubeconfig.ts'
import { askApi } from './request.ts'

export type ApiServer = { readonly url: string; readonly daemon: Daemon }

export type ApiServerOptions = {
  readonly program: string
  readonly port?: number
  readonly etcd: string
  readonly authority: Credentials
  readonly admin: Credentials
  readonly tokenReviewer: string
  readonly signal: AbortSignal
}

const attempts = 3

/** A port that is free may be taken before the server has it; then another one is tried, unless it was asked for. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort())
    const started = await startOn(port, options)
    if (started.kind === 'ready') return started.server
    const another = started.log.includes('address already in use') && options.port === undefined
    if (!another || attempt === attempts) throw new Error(`kube-apiserver ended with ${started.code}:\n${started.log}`)
  }
}

type Started =
  | { readonly kind: 'ready'; readonly server: ApiServer }
  | { readonly kind: 'ended'; readonly code: number; readonly log: string }

async function startOn(port: number, options: ApiServerOptions): Promise<Started> {
  const url = `https://127.0.0.1:${port}`
  const daemon = await startDaemon({
    name: 'kube-apiserver',
    program: options.program,
    argumentsIn: (folder) => writeArguments(folder, port, options),
  })
  try {
    const code = await readyOrEnded(url, daemon, options)
    if (code === undefined) return { kind: 'ready', server: { url, daemon } }
    const log = await daemon.log()
    await daemon.end()
    return { kind: 'ended', code, log }
  } catch (error) {
    await daemon.end()
    throw error
  }
}

/** Undefined when it is ready; its exit code when it ended before. */
async function readyOrEnded(url: string, daemon: Daemon, options: ApiServerOptions): Promise<number | undefined> {
  const { admin, authority, signal } = options
  let code: number | undefined
  // Whoever has the port instead of us may take a question and never answer it.
  const over = new AbortController()
  void daemon.ended.then((exit) => {
    code = exit
    over.abort()
  })
  const server = { url, ca: authority.certificate, as: admin }
  const asking = AbortSignal.any([signal, over.signal])
  while (code === undefined) {
    const ready = await askApi(server, { path: '/readyz', signal: asking }).catch(() => undefined)
    if (ready?.status === 200) return undefined
    await wait(50, undefined, { signal })
  }
  return code
}

async function writeArguments(folder: string, port: number, options: ApiServerOptions): Promise<readonly string[]> {
  const { etcd, authority, tokenReviewer } = options
  const server = openAuthority(authority, () => new Date()).issueServer(serverNames)
  const serviceAccount = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const files = {
    'ca.crt': authority.certificate,
    'server.crt': server.certificate,
    'server.key': server.key,
    'service-account.key': serviceAccount.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    'service-account.pub': serviceAccount.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'token-reviewer.yaml': formatKubeconfig({ url: tokenReviewer, user: 'anonymous' }),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 })
  const at = (name: keyof typeof files): string => join(folder, name)
  return [
    `--etcd-servers=${etcd}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    // Else it writes certificates of its own into the working directory's neighbourhood.
    `--cert-dir=${folder}`,
    `--tls-cert-file=${at('server.crt')}`,
    `--tls-private-key-file=${at('server.key')}`,
    `--client-ca-file=${at('ca.crt')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${at('service-account.pub')}`,
    `--service-account-signing-key-file=${at('service-account.key')}`,
    `--authentication-token-webhook-config-file=${at('token-reviewer.yaml')}`,
    '--authentication-token-webhook-version=v1',
    '--service-cluster-ip-range=10.0.0.0/24',
    // It waits for default service accounts, which the controller manager makes.
    '--disable-admission-plugins=ServiceAccount',
  ]
}

/** As a pod calls it, and as we do. */
const serverNames = [
  '127.0.0.1',
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
]
