import { type ImageName, registryName } from '../../core/image/ref.ts'
import type { Secret } from '../../core/secret.ts'
import { UserError } from '../../core/user-error.ts'
import type { Credentials } from './credentials.ts'

/** One registry that the operator allows; what is not listed is never asked. */
export type RegistrySetting = {
  /** As images name it: `docker.io`, `eu.gcr.io`, `registry.example.org:5000`. */
  readonly host: string
  /** Where to reach it, a mirror for instance; default `https://<host>`. Only here may a registry be plain http. */
  readonly url?: string
  readonly username?: string
  readonly password?: Secret
  /** The docker config with the login, instead of both: a file that may change. */
  readonly dockerConfig?: string
  /** `https://gitlab.example.org`: where this registry sends us for tokens, if not to itself. Our credentials go there. */
  readonly tokenServer?: string
}

export type RegistrySettings = readonly RegistrySetting[]

/** A registry, ready to be asked. Credentials live here and nowhere else: they are bound to their host. */
export type RegistryHost = {
  readonly name: string
  readonly base: string
  readonly origin: string
  readonly credentials: Credentials | undefined
  /** Where the credentials are, if not here. */
  readonly dockerConfig: string | undefined
  /** Origins that may be asked for tokens. */
  readonly tokenServers: readonly string[]
  readonly tagsPerPage: number
}

export type Refused = { readonly kind: 'refused'; readonly because: string }

export type RegistryPlace = { readonly kind: 'place'; readonly host: RegistryHost; readonly path: string }

/** What is known of public registries; everything else follows the protocol. */
const knownHosts = new Map<string, { readonly url?: string; readonly tokenServer?: string; readonly page?: number }>([
  ['docker.io', { url: 'https://registry-1.docker.io', tokenServer: 'https://auth.docker.io' }],
  ['registry.gitlab.com', { tokenServer: 'https://gitlab.com' }],
  // More than 100 is refused: https://github.com/fluxcd/image-reflector-controller/issues/585
  ['quay.io', { page: 100 }],
])

const defaultTagsPerPage = 1000

export type RegistryHosts = ReadonlyMap<string, RegistryHost>

export function readHosts(settings: RegistrySettings): RegistryHosts {
  const hosts = new Map<string, RegistryHost>()
  for (const host of settings.map(readHost)) {
    if (hosts.has(host.name))
      throw new UserError(`expected the registry \`${host.name}\` once, got it twice`, {
        help: "Keep one of its entries in the bot's settings.",
      })
    hosts.set(host.name, host)
  }
  return hosts
}

export function placeOf(hosts: RegistryHosts, image: ImageName): RegistryPlace | Refused {
  const slash = image.indexOf('/')
  const name = image.slice(0, slash)
  const host = hosts.get(name)
  if (host !== undefined) return { kind: 'place', host, path: image.slice(slash + 1) }
  return { kind: 'refused', because: `\`${name}\` is not an allowed registry; an operator can add it ${inSettings}` }
}

/** The end of a sentence that says what an operator can do. */
export const inSettings = "to the registries in the bot's settings"

function readHost(setting: RegistrySetting): RegistryHost {
  const name = registryName(setting.host)
  const known = knownHosts.get(name) ?? {}
  const base = readUrl(name, setting.url ?? known.url ?? `https://${name}`)
  // The password of a mirror is none of the original's business.
  const ofOriginal = setting.url === undefined ? known.tokenServer : undefined
  const tokenServers = [setting.tokenServer, ofOriginal].filter((url) => url !== undefined)
  return {
    name,
    base: base.href.replace(/\/+$/, ''),
    origin: base.origin,
    credentials: readCredentials(name, setting),
    dockerConfig: setting.dockerConfig,
    tokenServers: [base.origin, ...tokenServers.map((url) => readUrl(name, url).origin)],
    tagsPerPage: known.page ?? defaultTagsPerPage,
  }
}

function readUrl(host: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const whole =
    url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.username + url.search + url.hash === ''
  if (whole) return url
  throw new UserError(`expected an http(s) url without credentials and query for the registry \`${host}\``, {
    help: `Write it like https://${host}, and credentials as username and password, in the bot's settings.`,
  })
}

function readCredentials(host: string, { username, password, dockerConfig }: RegistrySetting): Credentials | undefined {
  if (username === undefined && password === undefined) return undefined
  if (dockerConfig !== undefined)
    throw new UserError(`expected a login or a docker config for the registry \`${host}\`, got both`, {
      help: "Keep one of them in the bot's settings.",
    })
  if (username !== undefined && password !== undefined) return { kind: 'password', username, password }
  throw new UserError(`expected both username and password for the registry \`${host}\`, or neither`, {
    help: "Complete the credentials of that registry in the bot's settings.",
  })
}
