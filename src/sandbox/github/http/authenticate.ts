import { verify } from 'node:crypto'
import { ApiError } from '../api-error.ts'
import { type Caller } from '../caller.ts'
import { timestamp, type GitHub } from '../context.ts'
import { type App } from '../state.ts'

const badCredentials = new ApiError(401, 'Bad credentials')

/** Who sends this `Authorization`. An unknown or expired token is refused; none at all is anonymous. */
export function authenticate(github: GitHub, authorization: string | undefined): Caller {
  if (authorization === undefined) return { kind: 'anonymous' }
  const [scheme = '', ...rest] = authorization.split(' ')
  const value = rest.join(' ').trim()
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value) ? appOf(github, value) : ownerOf(github, value)
    case 'basic':
      return ownerOf(github, passwordOf(value))
    default:
      throw badCredentials
  }
}

/** Git sends the token as the password; `x-access-token` is the user's name by custom, GitHub takes any. */
function passwordOf(encoded: string): string {
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  return text.slice(text.indexOf(':') + 1)
}

function ownerOf(github: GitHub, text: string): Caller {
  const token = github.state.tokens.get(text)
  if (token === undefined) throw badCredentials
  if (token.kind === 'person') return { kind: 'person', account: token.account }
  if (token.expiresAt <= timestamp(github)) throw badCredentials
  const { installation, repositories } = token
  if (installation.suspendedAt !== undefined) throw new ApiError(403, 'This installation has been suspended')
  return { kind: 'installation', installation, permissions: token.permissions, repositories }
}

const longestLifeSeconds = 600
/** GitHub forgives a clock that is a little wrong. */
const leewaySeconds = 60

function appOf(github: GitHub, jwt: string): Caller {
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const { alg } = decodePart(header)
  const { iss, exp, iat } = decodePart(claims)
  const app = github.state.apps.get(Number(iss))
  if (alg !== 'RS256' || app === undefined || !isSigned(app, `${header}.${claims}`, signature)) {
    throw new ApiError(401, 'A JSON web token could not be decoded')
  }
  const now = Math.floor(github.now().getTime() / 1000)
  if (typeof exp !== 'number' || exp <= now) {
    throw new ApiError(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    )
  }
  if (exp > now + longestLifeSeconds + leewaySeconds) {
    throw new ApiError(401, "'Expiration time' claim ('exp') is too far in the future")
  }
  if (typeof iat !== 'number' || iat > now + leewaySeconds) {
    throw new ApiError(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    )
  }
  return { kind: 'app', app }
}

function isSigned({ publicKeys }: App, text: string, signature: string): boolean {
  return publicKeys.some((key) => verify('RSA-SHA256', Buffer.from(text), key, Buffer.from(signature, 'base64url')))
}

function decodePart(part: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    // What is no JSON has no claims, and is refused for that.
    return {}
  }
}
