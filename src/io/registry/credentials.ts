import { readFile } from 'node:fs/promises'
import { formatProblem } from '../../core/parsed.ts'
import type { Secret } from '../../core/secret.ts'
import { loginIn } from './docker-config.ts'
import type { Refused, RegistryPlace } from './hosts.ts'

export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: Secret }
  /** Good only to get tokens for: https://distribution.github.io/distribution/spec/auth/oauth/. */
  | { readonly kind: 'identity-token'; readonly token: Secret }

/**
 * A registry with its login from a docker config. The file is read each time, because it changes under us: passwords of
 * clouds live for hours, and whoever renews them writes it anew. Without it nobody is asked: anonymously, a private image
 * would look like one that is gone.
 */
export async function withLogin(place: RegistryPlace): Promise<RegistryPlace | Refused> {
  const { dockerConfig, name } = place.host
  if (dockerConfig === undefined) return place
  const refuse = (because: string): Refused => ({
    kind: 'refused',
    because: `the docker config of \`${name}\`, \`${dockerConfig}\`, is of no use: ${because}`,
  })
  const file = await read(dockerConfig)
  if (typeof file === 'string') return refuse(`it cannot be read (${file})`)
  const login = loginIn(file, name)
  if (!login.ok) return refuse(login.problems.map(formatProblem).join('; '))
  return login.value === undefined
    ? refuse(`it has no login for \`${name}\``)
    : { ...place, host: { ...place.host, credentials: login.value } }
}

/** How errors call us. */
export function whoAsks(credentials: Credentials | undefined): string {
  switch (credentials?.kind) {
    case undefined:
      return 'an anonymous request'
    case 'password':
      return 'our username and password'
    case 'identity-token':
      return 'our identity token'
  }
}

async function read(path: string): Promise<Buffer | string> {
  try {
    return await readFile(path)
  } catch (error) {
    return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unreadable'
  }
}
