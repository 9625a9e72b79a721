import { registryName } from '../../core/image/ref.ts'
import { type Parsed, parsed, refused } from '../../core/parsed.ts'
import { Secret } from '../../core/secret.ts'
import type { Credentials } from './credentials.ts'
import { parseObject } from './json-object.ts'
import type { LoginProgram } from './login-program.ts'

export type Login = Credentials | ({ readonly kind: 'program' } & LoginProgram)

/**
 * The login for one registry in a docker config: what `docker login` writes to `config.json`, and what a Kubernetes secret
 * of the type `kubernetes.io/dockerconfigjson` holds. `host` is its name in images. Undefined when there is none for it.
 * As for docker, a program for this host comes first, and one for all is asked last. No reason names a value of the file.
 */
export function loginIn(file: Uint8Array, host: string): Parsed<Login | undefined> {
  const config = parseObject(file)
  if (config === undefined || Array.isArray(config))
    return refused('expected a docker config, a JSON object with `auths`')
  const { auths, credHelpers, credsStore } = config
  if (auths !== undefined && !isRecord(auths)) return refused('expected `auths` to be an object')
  const ofHost = Object.entries(isRecord(credHelpers) ? credHelpers : {}).find(([written]) => hostOf(written) === host)
  if (ofHost !== undefined) return readProgram('credHelpers', { program: ofHost[1], server: ofHost[0] })
  const entries = Object.entries(auths ?? {}).filter(([written]) => hostOf(written) === host)
  const logins = entries.map(([, entry]) => readEntry(entry, host))
  // `docker logout` leaves empty entries, and one host can be spelled in several ways.
  const known = logins.find((login) => !login.ok || login.value !== undefined)
  if (known !== undefined || credsStore === undefined) return known ?? parsed(undefined)
  // With a program for all, `docker login` leaves an empty entry behind, under the name that the program knows.
  return readProgram('credsStore', { program: credsStore, server: entries[0]?.[0] ?? serverOf(host) })
}

/** `https://index.docker.io/v1/`, `ghcr.io`, `https://registry.example.org:5000/v2/`. Undefined for one below a path. */
function hostOf(written: string): string | undefined {
  const [, host = '', path = ''] = /^(?:https?:\/\/)?([^/]+)(.*)$/i.exec(written.trim()) ?? []
  return /^(?:\/|\/v[12]\/?)?$/.test(path) ? registryName(host) : undefined
}

/** What `docker login` calls a registry that nobody named otherwise. */
function serverOf(host: string): string {
  return host === 'docker.io' ? 'https://index.docker.io/v1/' : host
}

/** Only ever a part of a name: the program is looked for on the PATH, and nowhere that the file could lead to. */
function readProgram(
  field: string,
  { program, server }: { readonly program: unknown; readonly server: string },
): Parsed<Login> {
  return typeof program === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(program)
    ? parsed({ kind: 'program', program, server })
    : refused(`expected \`${field}\` to name a program such as \`ecr-login\``)
}

/**
 * `auth` is `username:password` in base64; `identitytoken` is what a token server gave instead of keeping a password;
 * `registrytoken` is for the registry itself.
 */
function readEntry(entry: unknown, host: string): Parsed<Credentials | undefined> {
  if (!isRecord(entry)) return refused(`expected an object for \`${host}\` in \`auths\``)
  const { auth, username, password, identitytoken, registrytoken } = entry
  if (isFilled(registrytoken)) return readRegistryToken(registrytoken, host)
  if (isFilled(identitytoken)) return parsed({ kind: 'identity-token', token: new Secret(identitytoken) })
  if (!isFilled(auth))
    return isFilled(username) && isFilled(password) ? parsed(passwordOf(username, password)) : parsed(undefined)
  const text = Buffer.from(auth, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 1
    ? refused(`expected \`auth\` of \`${host}\` to be \`username:password\` in base64`)
    : // Old clients pad the password with zeros.
      parsed(passwordOf(text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, '')))
}

/** It becomes part of a header. */
function readRegistryToken(token: string, host: string): Parsed<Credentials> {
  return /^[\x21-\x7e]+$/.test(token)
    ? parsed({ kind: 'registry-token', token: new Secret(token) })
    : refused(`expected \`registrytoken\` of \`${host}\` to be a token, without spaces`)
}

function passwordOf(username: string, password: string): Credentials {
  return { kind: 'password', username, password: new Secret(password) }
}

type Fields = Readonly<Record<string, unknown>>

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
