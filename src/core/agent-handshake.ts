import { createHash, diffieHellman, hkdfSync, type KeyObject, createPublicKey, sign, verify } from 'node:crypto'
import { type AgentKey, parseAgentKey } from './config/agent-key.ts'
import { type ClusterName, type RepoName, parseClusterName, parseRepoName } from './ids.ts'
import { type KeyPair, verifierOf } from './key-pair.ts'
import { type Parsed, parsed, refused } from './parsed.ts'

/**
 * How agent and bot prove themselves to each other:
 *
 *     bot    hello   { nonce, versions, time }
 *     agent  claim   { version, repository, cluster, key, nonce, signature }
 *     bot    proof   { signature }
 *
 * Both sign all that was said, the hello byte by byte, and both public keys: a signature made for another bot, another
 * repository, cluster or connection proves nothing here. The nonces are public X25519 keys made for this one connection, so
 * that the frames that follow are sealed with what only these two know (`agent-frames.ts`): who merely carries the bytes,
 * a proxy that ends TLS or a false name in DNS, can neither read nor add any. The clocks decide nothing.
 */
export type BotHello = {
  readonly nonce: Nonce
  readonly versions: readonly number[]
  /** ISO 8601, to tell how far the clocks are apart. */
  readonly time: string
}

/** Who somebody says to be. `repository`: as its address names it, which may be a name from before. */
export type AgentClaim = { readonly repository: RepoName; readonly cluster: ClusterName; readonly key: AgentKey }

/** A claim as it is said and signed. */
export type SaidClaim = AgentClaim & { readonly version: number }

export type AgentHello = SaidClaim & { readonly nonce: Nonce; readonly signature: Signature }

export type BotProof = { readonly signature: Signature }

/** 32 bytes, base64url. */
type Nonce = string
/** 64 bytes, base64url. */
type Signature = string

/** Everything that both sides have seen, and sign. */
export type Transcript = {
  /** The bot's hello as it was sent. */
  readonly hello: string
  readonly claim: SaidClaim
  readonly agentNonce: Nonce
  /** The name of the server: what the agent was told to expect. Hosts have many names, or lie. */
  readonly botKey: AgentKey
}

/** Newest first. */
export const protocolVersions: readonly number[] = [1]

/** No text of the handshake is longer. */
export const maxHelloBytes = 4096

/** The newest version that both speak. */
export function chooseVersion(offered: readonly number[]): number | undefined {
  return protocolVersions.find((version) => offered.includes(version))
}

export function signAs(who: 'agent' | 'bot', transcript: Transcript, { privateKey }: KeyPair): Signature {
  return sign(undefined, bytesOf(who, transcript), privateKey).toString('base64url')
}

export function isSignedBy(
  key: AgentKey,
  who: 'agent' | 'bot',
  signed: Transcript & { signature: Signature },
): boolean {
  return verify(undefined, bytesOf(who, signed), verifierOf(key), Buffer.from(signed.signature, 'base64url'))
}

/** Each part with its length before it: no two transcripts have the same bytes. */
function bytesOf(who: string, { hello, claim, agentNonce, botKey }: Transcript): Buffer {
  const parts = [
    `lotse agent link, signed by the ${who}`,
    hello,
    `${claim.version}`,
    claim.repository,
    claim.cluster,
    claim.key,
    agentNonce,
    botKey,
  ]
  return Buffer.concat(parts.flatMap((part) => [lengthOf(part), Buffer.from(part)]))
}

function lengthOf(part: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(part))
  return length
}

export type SessionKeys = { readonly agentToBot: Buffer; readonly botToAgent: Buffer }

/** What only these two can work out; undefined for a nonce that would make it guessable. */
export function sessionKeys(own: KeyObject, peer: Nonce, transcript: Transcript): SessionKeys | undefined {
  const shared = sharedSecret(own, peer)
  if (shared === undefined) return undefined
  const salt = createHash('sha256').update(bytesOf('nobody', transcript)).digest()
  const key = (use: string): Buffer => Buffer.from(hkdfSync('sha256', shared, salt, `lotse agent link, ${use}`, 32))
  return { agentToBot: key('agent to bot'), botToAgent: key('bot to agent') }
}

function sharedSecret(privateKey: KeyObject, peer: Nonce): Buffer | undefined {
  try {
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: peer }, format: 'jwk' })
    return diffieHellman({ privateKey, publicKey })
  } catch {
    // The few points of small order: the secret would be zero whatever our key is.
    return undefined
  }
}

/** The nonce that goes with a private X25519 key. */
export function nonceOf(privateKey: KeyObject): Nonce {
  return createPublicKey(privateKey).export({ format: 'jwk' }).x ?? ''
}

export function parseBotHello(text: string): Parsed<BotHello> {
  const { nonce, versions, time } = fieldsOf(text)
  if (!isBytes(nonce, 32)) return refused('expected a nonce of 32 bytes')
  if (!isVersions(versions)) return refused('expected the versions of the protocol, 1 to 16 whole numbers')
  if (typeof time !== 'string' || time.length > 40 || Number.isNaN(Date.parse(time))) return refused('expected a time')
  return parsed({ nonce, versions, time })
}

export function parseAgentHello(text: string): Parsed<AgentHello> {
  const { version, repository, cluster, key, nonce, signature } = fieldsOf(text)
  if (typeof version !== 'number' || !Number.isSafeInteger(version))
    return refused('expected a version of the protocol')
  if (!isBytes(nonce, 32)) return refused('expected a nonce of 32 bytes')
  if (!isBytes(signature, 64)) return refused('expected a signature of 64 bytes')
  const repositoryName = parseRepoName(typeof repository === 'string' ? repository : '')
  if (!repositoryName.ok) return repositoryName
  const name = parseClusterName(typeof cluster === 'string' ? cluster : '')
  if (!name.ok) return name
  const agentKey = parseAgentKey(typeof key === 'string' ? key : '')
  if (!agentKey.ok) return agentKey
  const claim = { version, repository: repositoryName.value, cluster: name.value, key: agentKey.value }
  return parsed({ ...claim, nonce, signature })
}

export function parseBotProof(text: string): Parsed<BotProof> {
  const { signature } = fieldsOf(text)
  return isBytes(signature, 64) ? parsed({ signature }) : refused('expected a signature of 64 bytes')
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = text.length > maxHelloBytes ? undefined : JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/** The one spelling of these bytes: decoding ignores what it does not know. */
function isBytes(value: unknown, length: number): value is string {
  if (typeof value !== 'string' || value.length > 100) return false
  const bytes = Buffer.from(value, 'base64url')
  return bytes.length === length && bytes.toString('base64url') === value
}

function isVersions(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.length > 0 && value.length <= 16 && value.every((item) => Number.isSafeInteger(item))
  )
}
