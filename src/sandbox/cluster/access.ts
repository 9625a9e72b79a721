import { type Credentials, openAuthority } from './certificates.ts'
import { formatKubeconfig } from './kubeconfig.ts'
import { type ApiAnswer, type ApiRequest, type Asker, askApi } from './request.ts'
import { type User, formatUserToken } from './user-tokens.ts'

/** All that another process of the same run needs to do everything with a cluster; plain JSON. */
export type ClusterAccess = {
  readonly url: string
  readonly authority: Credentials
  readonly admin: Credentials
  readonly tokenKey: string
}

export type ServiceAccount = { readonly namespace: string; readonly serviceAccount: string }

export type Cluster = {
  readonly access: ClusterAccess
  /** `https://127.0.0.1:45123` */
  readonly url: string
  /** The certificate of its authority, PEM. */
  readonly ca: string
  /** May do everything. */
  readonly admin: Credentials
  /** A person with a client certificate; what they may do is up to RBAC. */
  readonly addUser: (user: User) => Credentials
  /** A bearer token: as a pod has it, the service account made if there is none, or as a person has it. */
  readonly tokenFor: (who: ServiceAccount | User) => Promise<string>
  /** For kubectl; the administrator's unless said. */
  readonly kubeconfig: (as?: Credentials | { readonly token: string }) => string
  readonly ask: (request: ApiRequest, as?: Asker) => Promise<ApiAnswer>
}

export function openCluster(access: ClusterAccess): Cluster {
  const { url, admin, authority, tokenKey } = access
  const ca = authority.certificate
  const ask: Cluster['ask'] = (request, as = admin) => askApi({ url, ca, as }, request)
  return {
    access,
    url,
    ca,
    admin,
    addUser: ({ user, groups }) => openAuthority(authority, () => new Date()).issueClient(user, groups),
    tokenFor: async (who) => ('user' in who ? formatUserToken(who, tokenKey) : serviceAccountToken(ask, who)),
    kubeconfig: (as = admin) => formatKubeconfig({ url, ca, user: as }),
    ask,
  }
}

async function serviceAccountToken(
  ask: Cluster['ask'],
  { namespace, serviceAccount }: ServiceAccount,
): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: serviceAccount } }
  const made = await ask({ method: 'POST', path, body: account })
  if (made.status !== 201 && made.status !== 409) throw new Error(`${path} answered ${saying(made)}`)
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
  const given = await ask({ method: 'POST', path: `${path}/${serviceAccount}/token`, body: request })
  const { status } = (given.body ?? {}) as { readonly status?: { readonly token?: unknown } }
  if (typeof status?.token !== 'string') throw new Error(`${path}/${serviceAccount}/token answered ${saying(given)}`)
  return status.token
}

function saying({ status, body }: ApiAnswer): string {
  return `${status}: ${JSON.stringify(body)}`
}
