import type { ObjectId, WantedObject } from '../manifest/kubernetes-object.ts'

/** Always four, some empty: what makes kinds and places; what others depend on; the rest; what judges or serves others. */
export function stagesOf(_objects: readonly WantedObject[]): readonly (readonly WantedObject[])[] {
  throw new Error('not yet')
}

/** The reverse of applying, namespaces last of all. */
export function deletionOrder(_a: ObjectId, _b: ObjectId): number {
  throw new Error('not yet')
}
