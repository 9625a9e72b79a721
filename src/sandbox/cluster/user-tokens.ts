import { createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, createServer } from 'node:http'
import { json as readJson } from 'node:stream/consumers'

export type User = { readonly user: string; readonly groups: readonly string[] }

/**
 * Bearer tokens for people. Kubernetes makes tokens for service accounts only; for everybody else it asks somebody, as
 * it asks a cloud: here, us. A token says who it is for and is signed, so any process that has the key can make one.
 */
export function formatUserToken({ user, groups }: User, key: string): string {
  const claim = Buffer.from(JSON.stringify({ user, groups })).toString('base64url')
  return `${prefix}${claim}.${signature(claim, key).toString('base64url')}`
}

export function parseUserToken(token: string, key: string): User | undefined {
  if (!token.startsWith(prefix)) return undefined
  const [claim = '', signed = ''] = token.slice(prefix.length).split('.')
  const expected = signature(claim, key)
  const given = Buffer.from(signed, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
  // Signed by us, so it is what we wrote.
  return JSON.parse(Buffer.from(claim, 'base64url').toString('utf8')) as User
}

export type TokenReviewer = { readonly url: string; readonly close: () => Promise<void> }

/** Answers the API server's TokenReviews: https://kubernetes.io/docs/reference/access-authn-authz/authentication */
export async function startTokenReviewer(key: string): Promise<TokenReviewer> {
  const server = createServer((request, response) => {
    void readToken(request).then((token) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(review(parseUserToken(token, key))))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the token reviewer listens on no port')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const prefix = 'sandbox-user.'

function signature(claim: string, key: string): Buffer {
  return createHmac('sha256', key).update(claim).digest()
}

async function readToken(request: IncomingMessage): Promise<string> {
  const asked: unknown = await readJson(request).catch(() => undefined)
  const { spec } = (asked ?? {}) as { readonly spec?: { readonly token?: unknown } }
  return typeof spec?.token === 'string' ? spec.token : ''
}

function review(user: User | undefined): object {
  const status =
    user === undefined
      ? { authenticated: false }
      : { authenticated: true, user: { username: user.user, groups: user.groups } }
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }
}
