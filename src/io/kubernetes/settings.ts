import { join } from 'node:path'
import type { Secret } from '../../core/secret.ts'
import { UserError } from '../../core/user-error.ts'

/** How an API server is reached, and as whom. */
export type KubernetesSettings = {
  /** `https://10.0.0.1:443`; a path is kept, for servers behind a proxy. */
  readonly server: string
  /** PEM of who vouches for the server; undefined: what Node trusts. */
  readonly ca?: Source
  /** The name in the server's certificate, where it is not the one in `server`. */
  readonly serverName?: string
  readonly credentials:
    | { readonly kind: 'token'; readonly token: Source }
    | { readonly kind: 'certificate'; readonly certificate: Source; readonly key: Source }
    | { readonly kind: 'none' }
}

/** A text that never changes, or where to look for it again: files are rotated, and programs give tokens for minutes. */
export type Source =
  | { readonly text: string | Secret }
  | { readonly file: string }
  | { readonly read: () => Promise<string | Secret> }

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount'

/** As every pod has them: two environment variables, and a folder that the kubelet keeps fresh. */
export function inClusterSettings(
  environment: Readonly<Record<string, string | undefined>>,
  folder = serviceAccount,
): KubernetesSettings {
  const host = environment['KUBERNETES_SERVICE_HOST'] ?? ''
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443'
  if (host === '') {
    throw new UserError('KUBERNETES_SERVICE_HOST is not set, so this is not a pod', {
      help: 'run the agent in a cluster, or name a kubeconfig',
    })
  }
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: { file: join(folder, 'ca.crt') },
    credentials: { kind: 'token', token: { file: join(folder, 'token') } },
  }
}
