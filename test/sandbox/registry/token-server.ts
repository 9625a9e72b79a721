import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RegistryLogin } from '../../../src/sandbox/registry/push-session.ts'

/** Grants what https://distribution.github.io/distribution/spec/auth/jwt/ describes, to one user, for whatever is asked. */
export type TokenServer = {
  readonly realm: string
  readonly service: string
  readonly issuer: string
  /** In PEM: whom a registry has to trust. */
  readonly certificate: string
  /** `scope` of each token that was granted. */
  readonly granted: readonly string[]
  readonly stop: () => Promise<void>
}

const [service, issuer] = ['registry of the test', 'token server of the test']

export async function startTokenServer({ username, password }: RegistryLogin): Promise<TokenServer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const certificate = certify(publicKey, privateKey)
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const granted: string[] = []
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://x')
    const scope = searchParams.get('scope') ?? ''
    if (request.headers.authorization !== basic || searchParams.get('service') !== service)
      return void response.writeHead(401).end()
    granted.push(scope)
    const token = tokenFor(scope, { certificate, privateKey })
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token, expires_in: 300 }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    realm: `http://127.0.0.1:${port}/token`,
    service,
    issuer,
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
    granted,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

type Signer = { readonly certificate: Buffer; readonly privateKey: KeyObject }

function tokenFor(scope: string, { certificate, privateKey }: Signer): string {
  const [type, name, actions = ''] = scope.split(':')
  const now = Math.floor(Date.now() / 1000)
  const access = scope === '' ? [] : [{ type, name, actions: actions.split(',') }]
  const times = { nbf: now - 60, iat: now - 60, exp: now + 300 }
  const header = encode({ typ: 'JWT', alg: 'RS256', x5c: [certificate.toString('base64')] })
  const claims = encode({ iss: issuer, sub: 'bot', aud: service, jti: randomUUID(), ...times, access })
  const signature = sign('sha256', Buffer.from(`${header}.${claims}`), privateKey).toString('base64url')
  return `${header}.${claims}.${signature}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** The least that is a certificate (X.509 version 1, signed by itself); Node can read them, but not write them. */
function certify(publicKey: KeyObject, privateKey: KeyObject): Buffer {
  // 1.2.840.113549.1.1.11, RSA with SHA-256, and 2.5.4.3, the common name.
  const algorithm = der(0x30, der(0x06, Buffer.from('2a864886f70d01010b', 'hex')), der(0x05))
  const commonName = der(0x06, Buffer.from('550403', 'hex'))
  const name = der(0x30, der(0x31, der(0x30, commonName, der(0x0c, Buffer.from(issuer)))))
  const day = 24 * 60 * 60 * 1000
  const validity = der(0x30, time(Date.now() - day), time(Date.now() + day))
  const key = publicKey.export({ type: 'spki', format: 'der' })
  const content = der(0x30, der(0x02, Buffer.from([1])), algorithm, name, validity, name, key)
  return der(0x30, content, algorithm, der(0x03, Buffer.from([0]), sign('sha256', content, privateKey)))
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[^0-9]/g, '')
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`))
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
