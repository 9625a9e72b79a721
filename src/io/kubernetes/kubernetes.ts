import type { JsonObject } from '../../core/json.ts'
import type { KubernetesObject } from '../../core/manifest/kubernetes-object.ts'
import type { LiveMetadata } from '../../core/sync/live-metadata.ts'
import type { Discovery } from './discovery.ts'
import type { KubernetesKind, ObjectRef } from './kind.ts'

/**
 * An API server, as far as we need it. Everything may throw a `KubernetesError`. Whatever comes from the server comes
 * without the annotation `kubectl.kubernetes.io/last-applied-configuration`.
 */
export type Kubernetes = {
  /** Which kinds there are: read once, and again when `fresh` is asked for. Askers at the same time share one reading. */
  readonly discover: (options?: { readonly fresh: boolean }) => Promise<Discovery>
  /** All objects that the selector names, of all namespaces or of one. */
  readonly listMetadata: (kind: KubernetesKind, options: ListOptions) => Promise<MetadataList>
  /** Undefined: the server says that there is no such object. */
  readonly getMetadata: (kind: KubernetesKind, ref: ObjectRef) => Promise<LiveMetadata | undefined>
  readonly get: (kind: KubernetesKind, ref: ObjectRef) => Promise<KubernetesObject | undefined>
  /** Server-side apply, forced. What was there before it, and what others own, stays: see `takeOver`. */
  readonly apply: (
    object: KubernetesObject,
    kind: KubernetesKind,
    options?: { readonly dryRun: boolean },
  ) => Promise<LiveMetadata>
  /** What an apply would make of it. Of a Secret that is its values: ask `apply` with `dryRun` where they are not needed. */
  readonly dryRun: (object: KubernetesObject, kind: KubernetesKind) => Promise<KubernetesObject>
  /** RFC 6902. A `test` that fails is a conflict. */
  readonly patch: (kind: KubernetesKind, ref: ObjectRef, operations: readonly JsonObject[]) => Promise<LiveMetadata>
  readonly create: (kind: KubernetesKind, object: KubernetesObject) => Promise<LiveMetadata>
  /** With `metadata.resourceVersion`, else it overwrites what somebody wrote in between. */
  readonly replace: (kind: KubernetesKind, object: KubernetesObject) => Promise<LiveMetadata>
  /** `deleted`: going; finalizers may hold it for long. `other-uid`: another object has the name now, and stays. */
  readonly delete: (
    kind: KubernetesKind,
    ref: ObjectRef,
    precondition: { readonly uid: string },
  ) => Promise<'deleted' | 'absent' | 'other-uid'>
  /** Ends when the server ends it, after minutes: watch again from the last resource version. `expired`: list again. */
  readonly watchMetadata: (kind: KubernetesKind, options: WatchOptions) => AsyncIterable<WatchEvent>
  /** `v1.35.4` */
  readonly version: () => Promise<string>
  /** How many requests were sent, by verb. */
  readonly requests: () => Readonly<Partial<Record<Verb, number>>>
  readonly close: () => void
}

export type Verb =
  | 'discover'
  | 'list'
  | 'get'
  | 'apply'
  | 'dry-run'
  | 'patch'
  | 'create'
  | 'replace'
  | 'delete'
  | 'watch'
  | 'version'

export type ListOptions = {
  /** `lotse.dev/sync=0123456789ab` */
  readonly selector?: string | undefined
  /** Undefined: all, which needs rights in all. */
  readonly namespace?: string | undefined
}

export type MetadataList = { readonly items: readonly LiveMetadata[]; readonly resourceVersion: string }

export type WatchOptions = ListOptions & { readonly resourceVersion: string; readonly signal: AbortSignal }

export type WatchEvent =
  | { readonly type: 'added' | 'modified' | 'deleted'; readonly metadata: LiveMetadata }
  /** Nothing happened up to here: where to watch again from. */
  | { readonly type: 'bookmark'; readonly resourceVersion: string }
