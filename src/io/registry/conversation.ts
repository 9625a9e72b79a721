import type { Authorizer } from './authorization.ts'
import { refusedWith } from './credentials.ts'
import { type Refused, type RegistryHosts, type RegistryPlace, inSettings } from './hosts.ts'
import { type Lookup, whyNotPublic } from './public-address.ts'
import type { Incoming, Outgoing, TooLarge, Transport } from './transport.ts'

/** Asks about one repository of one registry, logging in and following redirects as far as both are allowed. */
export type Ask = (place: RegistryPlace, outgoing: Outgoing, options?: AskOptions) => Promise<Incoming | Refused>

/**
 * Where a redirect may lead. Blobs are kept in the storage of a cloud, at addresses that nobody can list: those may lead
 * to any `public` one, because no credentials go there and what comes back is known by its digest.
 */
type AskOptions = { readonly redirects: 'allowed' | 'public' }

type Deps = {
  readonly hosts: RegistryHosts
  readonly transport: Transport
  readonly authorizer: Authorizer
  readonly lookup: Lookup
}

const mostRedirects = 5
const redirects: readonly number[] = [301, 302, 303, 307, 308]

export function createAsk({ hosts, transport, authorizer, lookup }: Deps): Ask {
  const follow = createFollow({ hosts, transport, lookup })
  return async (place, outgoing, options) => {
    const { host } = place
    const usual = await authorizer.usual(place)
    if (usual.kind === 'refused') return usual
    const first = await follow(place, withAuthorization(outgoing, usual.header), options)
    if (first.kind === 'refused' || first.status !== 401) return first
    if (first.url.origin !== host.origin)
      return refusal(place, `\`${first.url.origin}\`, where it redirects to, asks for a login`)
    const challenges = first.headers.get('www-authenticate')
    const login = await authorizer.respond(place, { challenges, rejected: usual.header })
    if (login.kind === 'refused') return login
    // The same again would only be a second wrong password, and locks the account sooner.
    const again = login.header !== usual.header
    const second = again ? await follow(place, withAuthorization(outgoing, login.header), options) : first
    if (second.kind === 'refused' || ![401, 403].includes(second.status)) return second
    return refusal(place, `it answers ${refusedWith(host.credentials, second.status)}`)
  }
}

/**
 * A redirect is followed on the registry's own origin. To another one only if the operator allows that one too, and
 * then without credentials: https://registry.k8s.io works that way, and so would a registry that wants our metadata.
 */
function createFollow({ hosts, transport, lookup }: Omit<Deps, 'authorizer'>): Ask {
  const whyNot = createWhyNotFollow(hosts, lookup)
  return async (place, outgoing, options = { redirects: 'allowed' }) => {
    let next = outgoing
    for (let hops = 0; hops <= mostRedirects; hops += 1) {
      const answer = await transport(next)
      if (answer.kind === 'too-large') return tooLarge(place, answer)
      if (!redirects.includes(answer.status)) return answer
      const location = answer.headers.get('location') ?? ''
      if (location === '' || !URL.canParse(location, next.url.href)) return refusal(place, 'it redirects to nowhere')
      const url = new URL(location, next.url)
      const because = await whyNot(url, options)
      if (because !== undefined) return refusal(place, because)
      next = url.origin === next.url.origin ? { ...next, url } : { ...withoutAuthorization(next), url }
    }
    return refusal(place, `it redirects more than ${mostRedirects} times`)
  }
}

function createWhyNotFollow(hosts: RegistryHosts, lookup: Lookup) {
  const allowed = new Set([...hosts.values()].map(({ origin }) => origin))
  return async (url: URL, { redirects: to }: AskOptions): Promise<string | undefined> => {
    if (allowed.has(url.origin))
      return url.username === '' && url.password === '' ? undefined : 'it redirects to an address with a login in it'
    const why = to === 'public' ? await whyNotPublic(url, lookup) : ''
    if (why === undefined) return undefined
    const where = url.origin === 'null' ? url.protocol : url.origin
    const because = why === '' ? '' : `: ${why}`
    return `it redirects to \`${where}\`, which is not allowed${because}; an operator can add it ${inSettings}`
  }
}

function withAuthorization(outgoing: Outgoing, authorization: string | undefined): Outgoing {
  return authorization === undefined ? outgoing : { ...outgoing, headers: { ...outgoing.headers, authorization } }
}

function withoutAuthorization(outgoing: Outgoing): Outgoing {
  const { authorization: _, ...headers } = outgoing.headers
  return { ...outgoing, headers }
}

export function refusal({ host }: RegistryPlace, because: string): Refused {
  return { kind: 'refused', because: `\`${host.name}\` gave no usable answer: ${because}` }
}

function tooLarge(place: RegistryPlace, { bytes }: TooLarge): Refused {
  return refusal(place, `it has more than ${bytes} bytes`)
}
