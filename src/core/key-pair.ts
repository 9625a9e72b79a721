import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { type AgentKey, parseAgentKey } from './config/agent-key.ts'
import { guaranteed, type Parsed, parsed, refused } from './parsed.ts'
import { type Secret } from './secret.ts'

/** An Ed25519 private key, and its public half as the configuration lists it. */
export type KeyPair = { readonly privateKey: KeyObject; readonly publicKey: AgentKey }

/** What `lotse key` writes: PKCS8 in PEM. Never repeats what it was given. */
export function parseKeyPair(pem: Secret): Parsed<KeyPair> {
  const privateKey = privateKeyOf(pem)
  if (privateKey?.asymmetricKeyType !== 'ed25519') {
    const message = 'expected an Ed25519 private key in PEM (PKCS8), got something else'
    return refused({ message, help: 'make one with `lotse key`' })
  }
  return parsed({ privateKey, publicKey: publicKeyOf(privateKey) })
}

function privateKeyOf(pem: Secret): KeyObject | undefined {
  try {
    return createPrivateKey(pem.reveal())
  } catch {
    // The reason is in OpenSSL's words, and may quote the key.
    return undefined
  }
}

/** OpenSSH's blob: a length and a name, a length and 32 bytes. */
const blobStart = Buffer.from('0000000b7373682d6564323535313900000020', 'hex')

function publicKeyOf(privateKey: KeyObject): AgentKey {
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url')
  return guaranteed(parseAgentKey(`ssh-ed25519 ${Buffer.concat([blobStart, raw]).toString('base64')}`))
}

/** What a signature by the holder of `key` is verified with. */
export function verifierOf(key: AgentKey): KeyObject {
  const blob = Buffer.from(key.slice('ssh-ed25519 '.length), 'base64')
  const x = blob.subarray(blobStart.length).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}
