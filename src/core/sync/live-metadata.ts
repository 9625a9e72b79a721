import type { Json } from '../json.ts'

/**
 * What the metadata of a live object says. The annotation `kubectl.kubernetes.io/last-applied-configuration` is not
 * in it: of a Secret it holds the values.
 */
export type LiveMetadata = {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation?: number
  readonly deletionTimestamp?: string
  readonly finalizers: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly managedFields: readonly ManagedFields[]
}

/** Who owns which fields: one entry of `metadata.managedFields`. */
export type ManagedFields = {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  /** `status`, `scale`: such an entry is none of ours, whoever it belongs to. */
  readonly subresource?: string
  readonly time?: string
  /** Paths, never values. */
  readonly fieldsV1: Json
}
