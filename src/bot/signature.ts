import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../core/secret.ts'

/** Over the raw bytes, in constant time; any of the secrets will do, so that they can be rotated. SHA-1 is not taken. */
export function isSigned(body: Uint8Array, signature: string | undefined, secrets: readonly Secret[]): boolean {
  const given = Buffer.from(signature ?? '')
  return secrets
    .map((secret) => Buffer.from(`sha256=${createHmac('sha256', secret.reveal()).update(body).digest('hex')}`))
    .map((expected) => given.length === expected.length && timingSafeEqual(given, expected))
    .includes(true)
}
