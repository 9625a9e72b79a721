import { createHash } from 'node:crypto'
import { canonicalJson } from '../json.ts'
import type { LiveMetadata } from './live-metadata.ts'

/**
 * Equal to the remembered one: nobody has changed what anybody wants of this object. Writes of status and roll-outs leave
 * it; an object without any entry of managed fields has a key like every other.
 *
 * Remember it from the reply to our own PATCH, never from a later list: a change in between would look like ours.
 */
export function inSyncKey({ uid, generation, managedFields }: LiveMetadata): string {
  const entries = managedFields
    .filter(({ subresource }) => subresource === undefined)
    // Neither the time, which changes without a change, nor the version, which changes with the server.
    .map(({ manager, operation, fieldsV1 }) => canonicalJson([manager, operation, fieldsV1]))
    .toSorted()
  return createHash('sha256')
    .update(JSON.stringify([uid, generation ?? null, ...entries]))
    .digest('hex')
    .slice(0, 32)
}
