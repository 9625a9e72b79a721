import { refusedWith } from './credentials.ts'
import type { Refused, RegistryHost } from './hosts.ts'
import { parseObject } from './json-object.ts'
import type { Outgoing, Transport } from './transport.ts'

export type Token = { readonly kind: 'token'; readonly token: string; readonly expiresAtMs: number }

export type TokenRequest = {
  readonly realm: URL
  readonly service: string | undefined
  readonly scope: string
  /** The authorization that was refused: a token that is no longer good, whatever its lifetime says. */
  readonly rejected: string | undefined
}

type Deps = { readonly transport: Transport; readonly now: () => number }

/**
 * Where the answer does not say how long, and at least: https://distribution.github.io/distribution/spec/auth/token/. One
 * that ends before is known by the 401.
 */
const shortestLifetimeSeconds = 60

/** Tokens by host and scope, each asked for once in its life, however many want it at the same time. */
export function createTokens(deps: Deps): (host: RegistryHost, request: TokenRequest) => Promise<Token | Refused> {
  const held = new Map<string, Promise<Token | Refused>>()

  const ask = async (key: string, asked: Promise<Token | Refused>): Promise<Token | Refused> => {
    held.set(key, asked)
    let kept = false
    try {
      const token = await asked
      kept = token.kind === 'token'
      return token
    } finally {
      if (!kept && held.get(key) === asked) held.delete(key)
    }
  }

  return async (host, { rejected, ...request }) => {
    const key = `${host.name} ${request.scope}`
    for (let known = held.get(key); known !== undefined; known = held.get(key)) {
      const token = await known
      if (token.kind === 'refused') return token
      if (token.expiresAtMs > deps.now() && `Bearer ${token.token}` !== rejected) return token
      // Unless somebody else asked for a new one while we looked at this.
      if (held.get(key) === known) held.delete(key)
    }
    return await ask(key, requestToken(deps, host, request))
  }
}

async function requestToken(
  { transport, now }: Deps,
  host: RegistryHost,
  request: Omit<TokenRequest, 'rejected'>,
): Promise<Token | Refused> {
  const answer = await transport(outgoingTo(host, request))
  if (answer.kind === 'too-large' || answer.status !== 200) {
    const got = answer.kind === 'too-large' ? `more than ${answer.bytes} bytes` : answer.status
    const refused = refusedWith(host.credentials, got)
    return { kind: 'refused', because: `the token server of \`${host.name}\` answered ${refused}` }
  }
  return readToken(host, answer.body, now())
}

/** An identity token is posted, because what is in a URL is in logs; all else is asked for as every registry knows it. */
function outgoingTo(host: RegistryHost, { realm, service, scope }: Omit<TokenRequest, 'rejected'>): Outgoing {
  const url = new URL(realm)
  const accept = 'application/json'
  const asked = { ...(service === undefined ? {} : { service }), scope }
  if (host.credentials?.kind === 'identity-token') {
    const grant = { grant_type: 'refresh_token', refresh_token: host.credentials.token.reveal(), client_id: 'lotse' }
    return { method: 'POST', url, headers: { accept }, body: new URLSearchParams({ ...grant, ...asked }) }
  }
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
  const authorization = basicOf(host)
  return { method: 'GET', url, headers: { accept, ...(authorization === undefined ? {} : { authorization }) } }
}

function readToken(host: RegistryHost, body: Uint8Array, nowMs: number): Token | Refused {
  const answer = parseObject(body)
  // Two names for the same, and some servers leave one of them empty.
  const token = [answer?.['token'], answer?.['access_token']].find((given) => typeof given === 'string' && given !== '')
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    return { kind: 'refused', because: `the token server of \`${host.name}\` answered without a token` }
  const said = answer?.['expires_in']
  const seconds = Math.max(typeof said === 'number' ? said : 0, shortestLifetimeSeconds)
  // A tenth less, for the way there.
  return { kind: 'token', token, expiresAtMs: nowMs + seconds * 900 }
}

/** `Authorization` by username and password, where the host has them. */
export function basicOf({ credentials }: RegistryHost): string | undefined {
  if (credentials?.kind !== 'password') return undefined
  const pair = `${credentials.username}:${credentials.password.reveal()}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}
