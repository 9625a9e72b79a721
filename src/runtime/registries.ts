import { type Parsed, type Problem, parsed, refused } from '../core/parsed.ts'
import { Secret } from '../core/secret.ts'

export type RegistrySetting = {
  readonly host: string
  readonly url?: string
  readonly username?: string
  readonly password?: Secret
  /** The docker config with the login, instead of both. */
  readonly dockerConfig?: string
  /** Where the registry sends us for tokens, if not to itself: username and password go there. */
  readonly tokenServer?: string
}

/** What an entry may say, in the order of docs/settings.md. */
export const registryFields = ['host', 'username', 'password', 'dockerConfig', 'url', 'tokenServer'] as const
const known: readonly string[] = registryFields

/** The operator's list of registries. Errors name the entry and the field, never a value: passwords stand among them. */
export function parseRegistries(text: string): Parsed<readonly RegistrySetting[]> {
  const entries = readList(text)
  if (entries === undefined) return refused('expected a JSON list such as `[{"host":"ghcr.io"}]`')
  const problems = entries.flatMap((entry, index) => problemsOf(entry, `entry ${index + 1}`))
  const [first, ...others] = problems
  return first === undefined ? parsed(entries.map((entry) => toSetting(entry as Entry))) : refused(first, ...others)
}

type Entry = Readonly<Record<string, string>>

function readList(text: string): readonly unknown[] | undefined {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list : undefined
  } catch {
    return undefined
  }
}

function problemsOf(entry: unknown, where: string): readonly Problem[] {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    return [{ message: `${where}: expected an object with \`host\`` }]
  }
  const fields = entry as Readonly<Record<string, unknown>>
  const { host, username, password, dockerConfig } = fields
  const messages = [
    ...Object.keys(entry)
      .filter((name) => !known.includes(name))
      .map((name) => `unknown field \`${name}\`, expected ${known.join(', ')}`),
    ...Object.entries(entry)
      .filter(([, value]) => typeof value !== 'string')
      .map(([name]) => `\`${name}\`: expected a text`),
    ...(typeof host === 'string' && /^[a-z0-9.-]+(?::[0-9]{1,5})?$/.test(host)
      ? []
      : ['`host`: expected a host name such as `ghcr.io`']),
    ...(['url', 'tokenServer'] as const)
      .filter((name) => !isAddress(fields[name]))
      .map((name) => `\`${name}\`: expected an http or https address`),
    ...((username === undefined) === (password === undefined)
      ? []
      : ['expected both `username` and `password`, or none']),
    ...(['username', 'password'] as const)
      .filter((name) => fields[name] === '')
      .map((name) => `\`${name}\`: expected a text, got an empty one`),
    ...(dockerConfig === '' ? ['`dockerConfig`: expected the path of a file'] : []),
    ...(dockerConfig !== undefined && username !== undefined
      ? ['expected `username` and `password`, or `dockerConfig`, got both']
      : []),
  ]
  return messages.map((message) => ({ message: `${where}: ${message}` }))
}

function isAddress(value: unknown): boolean {
  if (value === undefined) return true
  return typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '')
}

function toSetting({ host = '', url, username, password, dockerConfig, tokenServer }: Entry): RegistrySetting {
  return {
    host,
    ...(url === undefined ? {} : { url: url.replace(/\/+$/, '') }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: new Secret(password) }),
    ...(dockerConfig === undefined ? {} : { dockerConfig }),
    ...(tokenServer === undefined ? {} : { tokenServer }),
  }
}
