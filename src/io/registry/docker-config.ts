import { registryName } from '../../core/image/ref.ts'
import { type Parsed, parsed, refused } from '../../core/parsed.ts'
import { Secret } from '../../core/secret.ts'
import type { Credentials } from './credentials.ts'
import { parseObject } from './json-object.ts'

/**
 * The login for one registry in a docker config: what `docker login` writes to `config.json`, and what a Kubernetes secret
 * of the type `kubernetes.io/dockerconfigjson` holds. `host` is its name in images. Undefined when there is none for it.
 * No reason names a value of the file.
 */
export function loginIn(file: Uint8Array, host: string): Parsed<Credentials | undefined> {
  const config = parseObject(file)
  if (config === undefined || Array.isArray(config))
    return refused('expected a docker config, a JSON object with `auths`')
  const { auths } = config
  if (auths !== undefined && !isRecord(auths)) return refused('expected `auths` to be an object')
  const entries = Object.entries(auths ?? {}).filter(([written]) => hostOf(written) === host)
  const logins = entries.map(([, entry]) => readEntry(entry, host))
  // `docker logout` leaves empty entries, and one host can be spelled in several ways.
  const known = logins.find((login) => !login.ok || login.value !== undefined)
  if (known !== undefined) return known
  return isKeptElsewhere(config, host, entries.length > 0)
    ? refused(`it leaves the login for \`${host}\` to a helper program, and none is ever run: write it into \`auths\``)
    : parsed(undefined)
}

/** `https://index.docker.io/v1/`, `ghcr.io`, `https://registry.example.org:5000/v2/`. Undefined for one below a path. */
function hostOf(written: string): string | undefined {
  const [, host = '', path = ''] = /^(?:https?:\/\/)?([^/]+)(.*)$/i.exec(written.trim()) ?? []
  return /^(?:\/|\/v[12]\/?)?$/.test(path) ? registryName(host) : undefined
}

/** `auth` is `username:password` in base64; `identitytoken` is what a token server gave instead of keeping a password. */
function readEntry(entry: unknown, host: string): Parsed<Credentials | undefined> {
  if (!isRecord(entry)) return refused(`expected an object for \`${host}\` in \`auths\``)
  const { auth, username, password, identitytoken } = entry
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

function passwordOf(username: string, password: string): Credentials {
  return { kind: 'password', username, password: new Secret(password) }
}

/** With `credsStore`, `docker login` leaves an empty entry behind. */
function isKeptElsewhere({ credsStore, credHelpers }: Fields, host: string, isNamed: boolean): boolean {
  const helped = isRecord(credHelpers) ? Object.keys(credHelpers).map(hostOf) : []
  return (isFilled(credsStore) && isNamed) || helped.includes(host)
}

type Fields = Readonly<Record<string, unknown>>

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
