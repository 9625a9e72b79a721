import { stringify } from 'yaml'
import type { Credentials } from './certificates.ts'

export type KubeconfigFor = {
  readonly url: string
  /** PEM; absent where the server speaks plain HTTP. */
  readonly ca?: string
  readonly user: Credentials | { readonly token: string } | 'anonymous'
}

/** The text of a kubeconfig that holds everything in itself, for kubectl and every client. */
export function formatKubeconfig({ url, ca, user }: KubeconfigFor): string {
  const name = 'lotse-sandbox'
  const cluster = { server: url, ...(ca === undefined ? {} : { 'certificate-authority-data': base64(ca) }) }
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster }],
    users: [{ name, user: fieldsOf(user) }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  })
}

function fieldsOf(user: KubeconfigFor['user']): Readonly<Record<string, string>> {
  if (user === 'anonymous') return {}
  if ('token' in user) return { token: user.token }
  return { 'client-certificate-data': base64(user.certificate), 'client-key-data': base64(user.key) }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
