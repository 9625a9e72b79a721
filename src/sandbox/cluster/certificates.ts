import {
  type KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto'
import { isIP } from 'node:net'
import * as der from './der.ts'

export type Credentials = {
  /** PEM. */
  readonly certificate: string
  /** PEM, PKCS#8. */
  readonly key: string
}

/** A certificate authority for one cluster, gone with it. */
export type Authority = {
  /** For a server that is called by these names and addresses. */
  readonly issueServer: (names: readonly string[]) => Credentials
  /** Kubernetes reads the user from the common name and the groups from the organisations. */
  readonly issueClient: (user: string, groups: readonly string[]) => Credentials
}

// Node has keys and signatures, but makes no certificates; X.509 in these forms is small: RFC 5280, RFC 5480.
const oid = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

const authorityName = nameOf('lotse-sandbox', [])

export function createAuthority(now: Date): Credentials {
  const { publicKey, privateKey } = newKeys()
  const issuer = { name: authorityName, key: privateKey, keyId: keyIdOf(publicKey) }
  const own = { name: authorityName, publicKey, extensions: authorityExtensions() }
  return { certificate: signCertificate(own, issuer, now), key: pemOf(privateKey) }
}

/** Whoever has the key of the authority may issue: the process that made it, and those that it told. */
export function openAuthority({ key }: Credentials, now: () => Date): Authority {
  const privateKey = createPrivateKey(key)
  const issuer = { name: authorityName, key: privateKey, keyId: keyIdOf(createPublicKey(privateKey)) }
  const issue = (subject: Subject): Credentials => {
    const pair = newKeys()
    const certificate = signCertificate({ ...subject, publicKey: pair.publicKey }, issuer, now())
    return { certificate, key: pemOf(pair.privateKey) }
  }
  return {
    issueServer: (names) => issue({ name: nameOf(names[0] ?? 'server', []), extensions: serverExtensions(names) }),
    issueClient: (user, groups) => issue({ name: nameOf(user, groups), extensions: usedFor(oid.clientAuth) }),
  }
}

type Subject = { readonly name: Buffer; readonly extensions: readonly Buffer[] }
type Issuer = { readonly name: Buffer; readonly key: KeyObject; readonly keyId: Buffer }

const dayMs = 24 * 60 * 60 * 1000
const validMs = 30 * dayMs
/** Clocks of one machine agree; a virtual machine that was asleep does not. */
const earlierMs = dayMs

function signCertificate(
  { name, extensions, publicKey }: Subject & { readonly publicKey: KeyObject },
  issuer: Issuer,
  now: Date,
): string {
  const algorithm = der.sequence(der.objectId(oid.ecdsaWithSha256))
  const identifiers = [
    extension(oid.subjectKeyIdentifier, der.octets(keyIdOf(publicKey))),
    extension(oid.authorityKeyIdentifier, der.sequence(der.implicit(0, issuer.keyId))),
  ]
  const toBeSigned = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))),
    der.integer(randomBytes(16)),
    algorithm,
    issuer.name,
    der.sequence(der.time(new Date(now.getTime() - earlierMs)), der.time(new Date(now.getTime() + validMs))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.explicit(3, der.sequence(...extensions, ...identifiers)),
  )
  const signature = sign('sha256', toBeSigned, issuer.key)
  return der.pem('CERTIFICATE', der.sequence(toBeSigned, algorithm, der.bits(signature)))
}

function newKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** RFC 7093, method 1: any name of the key does, as long as both ends use the same. */
function keyIdOf(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20)
}

function nameOf(commonName: string, organizations: readonly string[]): Buffer {
  const attribute = (type: string, value: string): Buffer => der.set(der.sequence(der.objectId(type), der.text(value)))
  return der.sequence(
    ...organizations.map((organization) => attribute(oid.organization, organization)),
    attribute(oid.commonName, commonName),
  )
}

function authorityExtensions(): readonly Buffer[] {
  // keyCertSign and cRLSign: bits 5 and 6.
  const usage = der.bits(Buffer.from([0b0000_0110]), 1)
  return [
    criticalExtension(oid.basicConstraints, der.sequence(der.boolean(true))),
    criticalExtension(oid.keyUsage, usage),
  ]
}

function serverExtensions(names: readonly string[]): readonly Buffer[] {
  return [...usedFor(oid.serverAuth), extension(oid.subjectAltName, der.sequence(...names.map(alternativeName)))]
}

/** IPv4 only: what we start listens on 127.0.0.1. */
function alternativeName(name: string): Buffer {
  if (isIP(name) === 4) return der.implicit(7, Buffer.from(name.split('.').map(Number)))
  return der.implicit(2, Buffer.from(name, 'ascii'))
}

function usedFor(purpose: string): readonly Buffer[] {
  // digitalSignature: bit 0.
  const usage = der.bits(Buffer.from([0b1000_0000]), 7)
  return [criticalExtension(oid.keyUsage, usage), extension(oid.extendedKeyUsage, der.sequence(der.objectId(purpose)))]
}

function extension(id: string, value: Buffer): Buffer {
  return der.sequence(der.objectId(id), der.octets(value))
}

function criticalExtension(id: string, value: Buffer): Buffer {
  return der.sequence(der.objectId(id), der.boolean(true), der.octets(value))
}
