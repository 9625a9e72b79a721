import type { JsonObject } from '../json.ts'
import type { LiveMetadata } from './live-metadata.ts'

export const fieldManager = 'lotse'

/** RFC 6902. */
export type JsonPatch = readonly JsonObject[]

/** Moves what people's tools own into our own entry; undefined where there is nothing to move. */
export function takeOver(_live: LiveMetadata, _humans?: readonly string[]): JsonPatch | undefined {
  throw new Error('not yet')
}

/** Who wrote after us, the latest first: the managers to name with a drift. */
export function changedBy(_live: LiveMetadata): readonly string[] {
  throw new Error('not yet')
}
