import { createHash } from 'node:crypto'

/** A public key as OpenSSH writes it: the same for the same seed, and of nobody. */
export function agentKey(seed: string): string {
  const point = createHash('sha256').update(seed).digest()
  return opensshKey('ssh-ed25519', point)
}

export function opensshKey(kind: string, key: Uint8Array): string {
  const parts = [Buffer.from(kind), key].flatMap((part) => [length(part), part])
  return `${kind} ${Buffer.concat(parts).toString('base64')}`
}

function length(part: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(part.length)
  return bytes
}
