import { type Challenge, parseChallenges } from './challenge.ts'
import { type Refused, type RegistryHost, type RegistryPlace, inSettings } from './hosts.ts'
import { basicOf, createTokens } from './token.ts'
import type { Transport } from './transport.ts'

/** The `Authorization` to send, if any, or why there is none to be had. */
export type Login = { readonly kind: 'authorization'; readonly header: string | undefined } | Refused

export type Authorizer = {
  /** What the host wanted the last time: saves the 401 that would tell us again. */
  readonly usual: (place: RegistryPlace) => Promise<Login>
  /** What a 401 asks for, and what we had sent to get it. */
  readonly respond: (place: RegistryPlace, unauthorized: Unauthorized) => Promise<Login>
}

export type Unauthorized = { readonly challenges: string | null; readonly rejected: string | undefined }

type Deps = { readonly transport: Transport; readonly now: () => number }

/** What a host wants, as its challenge said. */
type Scheme =
  | { readonly kind: 'basic' }
  | { readonly kind: 'bearer'; readonly realm: URL; readonly service: string | undefined; readonly actions: string }

// ACR wants more than `pull` for a tag list. Anything that writes is never asked for, whatever a challenge says.
const readingActions: readonly string[] = ['pull', 'metadata_read', 'content_read']

export function createAuthorizer({ transport, now }: Deps): Authorizer {
  const schemes = new Map<string, Scheme>()
  const tokenFor = createTokens({ transport, now })

  const authorize = async ({ host, path }: RegistryPlace, scheme: Scheme, rejected?: string): Promise<Login> => {
    if (scheme.kind === 'basic') return { kind: 'authorization', header: basicOf(host) }
    const { realm, service, actions } = scheme
    const token = await tokenFor(host, { realm, service, scope: scopeOf(path, actions), rejected })
    return token.kind === 'refused' ? token : bearerOf(token.token)
  }

  return {
    usual: async (place) => {
      const given = givenTo(place)
      if (given !== undefined) return given
      const scheme = schemes.get(place.host.name)
      return scheme === undefined ? { kind: 'authorization', header: undefined } : await authorize(place, scheme)
    },
    respond: async (place, { challenges, rejected }) => {
      const given = givenTo(place)
      if (given !== undefined) return given
      const scheme = chooseScheme(place.host, parseChallenges(challenges ?? ''))
      if (scheme.kind === 'refused') return scheme
      schemes.set(place.host.name, scheme)
      return await authorize(place, scheme, rejected)
    },
  }
}

/** Whoever gave us a token for the registry itself has been where its challenge would send us. */
function givenTo({ host: { credentials } }: RegistryPlace): Login | undefined {
  return credentials?.kind === 'registry-token' ? bearerOf(credentials.token.reveal()) : undefined
}

function bearerOf(token: string): Login {
  return { kind: 'authorization', header: `Bearer ${token}` }
}

/** A token before the password itself; the first that we can and may use. */
function chooseScheme(host: RegistryHost, challenges: readonly Challenge[]): Scheme | Refused {
  const bearers = challenges.filter(({ scheme }) => scheme === 'bearer').map((challenge) => readBearer(host, challenge))
  const bearer = bearers.find(({ kind }) => kind === 'bearer')
  if (bearer !== undefined) return bearer
  const basic = challenges.some(({ scheme }) => scheme === 'basic')
  if (basic && host.credentials?.kind === 'password') return { kind: 'basic' }
  const [refusal] = bearers
  if (refusal !== undefined) return refusal
  const because = basic
    ? `\`${host.name}\` asks for a username and password; an operator can add them ${inSettings}`
    : `\`${host.name}\` refused the request and offers no way to log in that we know (Basic, Bearer)`
  return { kind: 'refused', because }
}

/** Credentials go to the realm, so the registry may not choose it freely: only origins that the operator allows. */
function readBearer(host: RegistryHost, { parameters }: Challenge): Scheme | Refused {
  const text = parameters['realm'] ?? ''
  const realm = URL.canParse(text) ? new URL(text) : undefined
  const elsewhere = `\`${host.name}\` sends us to \`${(realm?.origin ?? text).slice(0, 100)}\` for a token`
  if (realm === undefined || !host.tokenServers.includes(realm.origin))
    return {
      kind: 'refused',
      because: `${elsewhere}, which is not allowed; an operator can set it as the token server of \`${host.name}\``,
    }
  if (realm.username !== '' || realm.password !== '')
    return { kind: 'refused', because: `${elsewhere}, with a login in the address` }
  const asked = (parameters['scope']?.split(':').at(-1) ?? '').split(',')
  const actions = readingActions.filter((action) => action === 'pull' || asked.includes(action)).join(',')
  return { kind: 'bearer', realm, service: parameters['service'], actions }
}

/** Built, not copied from the challenge: some registries name another repository there. */
function scopeOf(path: string, actions: string): string {
  return `repository:${path}:${actions}`
}
