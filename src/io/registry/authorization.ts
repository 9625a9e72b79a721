import { type Challenge, parseChallenges } from './challenge.ts'
import { type Refused, type RegistryHost, type RegistryPlace, where } from './hosts.ts'
import { parseObject } from './json-object.ts'
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

type Token = { readonly kind: 'token'; readonly token: string; readonly expiresAtMs: number }

type TokenRequest = {
  readonly realm: URL
  readonly service: string | undefined
  readonly scope: string
  /** The authorization that was refused: a token that is no longer good, whatever its lifetime says. */
  readonly rejected: string | undefined
}

// ACR wants more than `pull` for a tag list. Anything that writes is never asked for, whatever a challenge says.
const readingActions: readonly string[] = ['pull', 'metadata_read', 'content_read']

/** https://distribution.github.io/distribution/spec/auth/token/ says 60 seconds where the answer does not. */
const defaultLifetimeSeconds = 60

export function createAuthorizer({ transport, now }: Deps): Authorizer {
  const schemes = new Map<string, Scheme>()
  const tokens = new Map<string, Promise<Token | Refused>>()

  const tokenFor = async (host: RegistryHost, { rejected, ...request }: TokenRequest): Promise<Token | Refused> => {
    const key = `${host.name} ${request.scope}`
    for (let known = tokens.get(key); known !== undefined; known = tokens.get(key)) {
      const token = await known
      const good = token.kind === 'refused' || (token.expiresAtMs > now() && `Bearer ${token.token}` !== rejected)
      if (good) return token
      // Unless somebody else asked for a new one while we looked at this.
      if (tokens.get(key) === known) tokens.delete(key)
    }
    // Shared by all who ask meanwhile; a failure is not kept.
    const asked = requestToken({ transport, now }, host, request)
    tokens.set(key, asked)
    let kept = false
    try {
      const token = await asked
      kept = token.kind === 'token'
      return token
    } finally {
      if (!kept && tokens.get(key) === asked) tokens.delete(key)
    }
  }

  const authorize = async ({ host, path }: RegistryPlace, scheme: Scheme, rejected?: string): Promise<Login> => {
    if (scheme.kind === 'basic') return { kind: 'authorization', header: basicOf(host) }
    const { realm, service, actions } = scheme
    const token = await tokenFor(host, { realm, service, scope: scopeOf(path, actions), rejected })
    return token.kind === 'refused' ? token : { kind: 'authorization', header: `Bearer ${token.token}` }
  }

  return {
    usual: async (place) => {
      const scheme = schemes.get(place.host.name)
      return scheme === undefined ? { kind: 'authorization', header: undefined } : await authorize(place, scheme)
    },
    respond: async (place, { challenges, rejected }) => {
      const scheme = chooseScheme(place.host, parseChallenges(challenges ?? ''))
      if (scheme.kind === 'refused') return scheme
      schemes.set(place.host.name, scheme)
      return await authorize(place, scheme, rejected)
    },
  }
}

/** A token before the password itself; the first that we can and may use. */
function chooseScheme(host: RegistryHost, challenges: readonly Challenge[]): Scheme | Refused {
  const bearers = challenges.filter(({ scheme }) => scheme === 'bearer').map((challenge) => readBearer(host, challenge))
  const bearer = bearers.find(({ kind }) => kind === 'bearer')
  if (bearer !== undefined) return bearer
  const basic = challenges.some(({ scheme }) => scheme === 'basic')
  if (basic && host.credentials !== undefined) return { kind: 'basic' }
  const [refusal] = bearers
  if (refusal !== undefined) return refusal
  const because = basic
    ? `\`${host.name}\` asks for a username and password; an operator can add them ${where}`
    : `\`${host.name}\` refused the request and offers no way to log in that we know (Basic, Bearer)`
  return { kind: 'refused', because }
}

/** Credentials go to the realm, so the registry may not choose it freely: only origins that the operator allows. */
function readBearer(host: RegistryHost, { parameters }: Challenge): Scheme | Refused {
  const text = parameters['realm'] ?? ''
  const realm = URL.canParse(text) ? new URL(text) : undefined
  if (realm === undefined || !host.tokenServers.includes(realm.origin))
    return {
      kind: 'refused',
      because: `\`${host.name}\` sends us to \`${(realm?.origin ?? text).slice(0, 100)}\` for a token, which is not allowed; an operator can set it as the token server of \`${host.name}\``,
    }
  const asked = (parameters['scope']?.split(':').at(-1) ?? '').split(',')
  const actions = readingActions.filter((action) => action === 'pull' || asked.includes(action)).join(',')
  return { kind: 'bearer', realm, service: parameters['service'], actions }
}

/** Built, not copied from the challenge: some registries name another repository there. */
function scopeOf(path: string, actions: string): string {
  return `repository:${path}:${actions}`
}

async function requestToken(
  { transport, now }: Deps,
  host: RegistryHost,
  { realm, service, scope }: Omit<TokenRequest, 'rejected'>,
): Promise<Token | Refused> {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  url.searchParams.set('scope', scope)
  const authorization = basicOf(host)
  const headers = { accept: 'application/json', ...(authorization === undefined ? {} : { authorization }) }
  const answer = await transport({ method: 'GET', url, headers })
  if (answer.kind === 'too-large' || answer.status !== 200) {
    const got = answer.kind === 'too-large' ? `more than ${answer.bytes} bytes` : `${answer.status}`
    const who = host.credentials === undefined ? 'an anonymous request' : 'our username and password'
    return { kind: 'refused', because: `the token server of \`${host.name}\` answered ${who} with ${got}` }
  }
  return readToken(host, answer.body, now())
}

function readToken(host: RegistryHost, body: Uint8Array, nowMs: number): Token | Refused {
  const answer = parseObject(body)
  const token = answer?.['token'] ?? answer?.['access_token']
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    return { kind: 'refused', because: `the token server of \`${host.name}\` answered without a token` }
  const said = answer?.['expires_in']
  const seconds = typeof said === 'number' && said > 0 ? said : defaultLifetimeSeconds
  // A tenth less, for the way there.
  return { kind: 'token', token, expiresAtMs: nowMs + seconds * 900 }
}

function basicOf({ credentials }: RegistryHost): string | undefined {
  if (credentials === undefined) return undefined
  const pair = `${credentials.username}:${credentials.password.reveal()}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}
