import { createHash } from 'node:crypto'
import { isContentDigest } from '../../core/image/manifest-content.ts'
import type { Incoming } from './transport.ts'

/**
 * The digest of what came: as the registry says, or that of the bytes where it does not, for the header is optional on old
 * registries. Undefined where what it says is none, or is not that of the bytes.
 */
export function digestOf({ headers, body }: Incoming): string | undefined {
  const said = headers.get('docker-content-digest') ?? `sha256:${createHash('sha256').update(body).digest('hex')}`
  return isContentDigest(said) && isContentOf(said, body) ? said : undefined
}

export function isContentOf(digest: string, body: Uint8Array): boolean {
  const [algorithm = '', hex] = digest.split(':')
  return createHash(algorithm).update(body).digest('hex') === hex
}
