import { readFile } from 'node:fs/promises'
import { type Parsed, formatProblem, parsed } from '../../core/parsed.ts'
import type { Secret } from '../../core/secret.ts'
import { type Login, loginIn } from './docker-config.ts'
import { type Refused, type RegistryPlace, inSettings } from './hosts.ts'
import type { AskLoginProgram } from './login-program.ts'

export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  /** Good only to get tokens for: https://distribution.github.io/distribution/spec/auth/oauth/. */
  | { readonly kind: 'identity-token'; readonly token: Secret }
  /** A bearer token for the registry itself, that somebody else got. */
  | { readonly kind: 'registry-token'; readonly token: Secret }

/**
 * A registry with its login from a docker config. The file is read each time, because it changes under us: passwords of
 * clouds live for hours, and whoever renews them writes it anew. Without it nobody is asked: anonymously, a private image
 * would look like one that is gone.
 */
export async function withLogin(ask: AskLoginProgram, place: RegistryPlace): Promise<RegistryPlace | Refused> {
  const { dockerConfig, name } = place.host
  if (dockerConfig === undefined) return place
  const refuse = (because: string): Refused => ({
    kind: 'refused',
    because: `the docker config of \`${name}\`, \`${dockerConfig}\`, is of no use: ${because}`,
  })
  const file = await read(dockerConfig)
  if (typeof file === 'string') return refuse(`it cannot be read (${file})`)
  const login = await resolve(ask, loginIn(file, name))
  if (!login.ok) return refuse(login.problems.map(formatProblem).join('; '))
  return login.value === undefined
    ? refuse(`it has no login for \`${name}\``)
    : { ...place, host: { ...place.host, credentials: login.value } }
}

async function resolve(
  ask: AskLoginProgram,
  login: Parsed<Login | undefined>,
): Promise<Parsed<Credentials | undefined>> {
  if (!login.ok) return login
  return login.value?.kind === 'program' ? await ask(login.value) : parsed(login.value)
}

/** How errors say that we got an answer which is none: `our username and password with 401`. */
export function refusedWith(credentials: Credentials | undefined, got: number | string): string {
  // Many registries do not tell what is not there from what is not for everybody.
  const wantsLogin = credentials === undefined && (got === 401 || got === 403)
  const next = `: there is no such image, or it asks for a username and password; an operator can add them ${inSettings}`
  return `${whoAsks(credentials)} with ${got}${wantsLogin ? next : ''}`
}

function whoAsks(credentials: Credentials | undefined): string {
  switch (credentials?.kind) {
    case undefined:
      return 'an anonymous request'
    case 'password':
      return 'our username and password'
    case 'identity-token':
      return 'our identity token'
    case 'registry-token':
      return 'our registry token'
  }
}

async function read(path: string): Promise<Buffer | string> {
  try {
    return await readFile(path)
  } catch (error) {
    return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable'
  }
}
