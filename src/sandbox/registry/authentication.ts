import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type Answer, failure, json } from './answer.ts'

export type RegistryAuth = {
  readonly username: string
  readonly password: string
  /** What a 401 asks for, in this order; default `['basic']`. `bearer` sends clients to our own `/token`. */
  readonly challenges?: readonly ('basic' | 'bearer')[]
}

const service = 'sandbox'

export type Authentication = {
  /** The refusal, or undefined for those who may pass. */
  readonly refusal: (headers: IncomingHttpHeaders, scope: string | undefined) => Answer | undefined
  /** `GET /token?service=…&scope=…`: a token for just that scope. */
  readonly grantToken: (headers: IncomingHttpHeaders, query: URLSearchParams) => Answer
}

export function noAuthentication(): Authentication {
  return { refusal: () => undefined, grantToken: () => failure('UNSUPPORTED', 'this registry has no tokens') }
}

/** @param realm where this registry can be asked for tokens. */
export function createAuthentication(auth: RegistryAuth, realm: string): Authentication {
  const basic = `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
  const challenges = auth.challenges ?? ['basic']
  const grants = new Map<string, string>()
  const holdsToken = (authorization: string, scope: string | undefined): boolean => {
    const granted = grants.get(authorization.replace(/^Bearer /, ''))
    return granted !== undefined && (scope === undefined || covers(granted, scope))
  }
  return {
    refusal: ({ authorization = '' }, scope) => {
      if (challenges.includes('basic') && authorization === basic) return undefined
      if (challenges.includes('bearer') && holdsToken(authorization, scope)) return undefined
      const asked = challenges.map((kind) => challenge(kind, realm, scope)).join(', ')
      const answer = failure('UNAUTHORIZED', 'authentication required')
      return { ...answer, headers: { ...answer.headers, 'www-authenticate': asked } }
    },
    grantToken: ({ authorization }, query) => {
      if (!challenges.includes('bearer')) return failure('UNSUPPORTED', 'this registry has no tokens')
      if (authorization !== basic) return failure('UNAUTHORIZED', 'authentication required')
      const token = randomUUID()
      grants.set(token, query.getAll('scope').join(' '))
      return json({ token, expires_in: 300 })
    },
  }
}

function challenge(kind: 'basic' | 'bearer', realm: string, scope: string | undefined): string {
  if (kind === 'basic') return `Basic realm="${service}"`
  return `Bearer realm="${realm}",service="${service}"${scope === undefined ? '' : `,scope="${scope}"`}`
}

/** `repository:a:pull,push` covers `repository:a:pull`. */
function covers(granted: string, needed: string): boolean {
  const [, name, actions = ''] = needed.split(':')
  return granted.split(' ').some((scope) => {
    const [, grantedName, grantedActions = ''] = scope.split(':')
    return name === grantedName && actions.split(',').every((action) => grantedActions.split(',').includes(action))
  })
}
