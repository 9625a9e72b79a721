import type { JsonObject } from '../../../src/core/json.ts'
import { type RepoName, parseClusterName, parseCommitSha, parseRepoName } from '../../../src/core/ids.ts'
import {
  type KubernetesObject,
  type ObjectId,
  type WantedObject,
  formatObjectId,
  objectIdOf,
} from '../../../src/core/manifest/kubernetes-object.ts'
import { guaranteed } from '../../../src/core/parsed.ts'
import { type InventoryEntry, recordOf } from '../../../src/core/sync/inventory.ts'
import type { LiveMetadata, ManagedFields } from '../../../src/core/sync/live-metadata.ts'
import { appliedHash, marked } from '../../../src/core/sync/mark.ts'
import { type SyncId, syncIdOf } from '../../../src/core/sync/sync-id.ts'

// A healthy web Deployment: wanted, applied by us, remembered. Tests say what is different.

const repository: RepoName = guaranteed(parseRepoName('acme/gitops'))
export const syncId: SyncId = syncIdOf({ repository, cluster: guaranteed(parseClusterName('production')) })
export const otherSyncId: SyncId = syncIdOf({ repository, cluster: guaranteed(parseClusterName('staging')) })
export const commit = guaranteed(parseCommitSha('c'.repeat(40)))

export const file = 'clusters/production/app.yaml'

export function object(changes: JsonObject = {}, metadata: JsonObject = {}): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    spec: { replicas: 2 },
    ...changes,
    metadata: { name: 'web', namespace: 'demo', ...metadata },
  }
}

export function wanted(changes: JsonObject = {}, metadata: JsonObject = {}, line = 1): WantedObject {
  return { object: object(changes, metadata), at: { file, line, column: 1 } }
}

export function namespace(name: string): WantedObject {
  const { metadata: _metadata, ...rest } = object({ apiVersion: 'v1', kind: 'Namespace' })
  return { object: { ...rest, metadata: { name } } as KubernetesObject, at: { file, line: 1, column: 1 } }
}

/** As it is after we have applied it. */
export function liveOf(source: KubernetesObject, changes: Partial<LiveMetadata> = {}): LiveMetadata {
  const { apiVersion, kind, metadata } = marked(source, syncId)
  const texts = (key: string): Readonly<Record<string, string>> => metadata[key] as Readonly<Record<string, string>>
  return {
    apiVersion,
    kind,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    name: metadata.name,
    uid: `uid of ${formatObjectId(objectIdOf(source))}`,
    resourceVersion: '7',
    generation: 1,
    finalizers: [],
    labels: texts('labels'),
    annotations: texts('annotations'),
    managedFields: [entry({ manager: 'lotse', operation: 'Apply' })],
    ...changes,
  }
}

export function entry(changes: Partial<ManagedFields> = {}): ManagedFields {
  return {
    manager: 'kubectl-edit',
    operation: 'Update',
    apiVersion: 'apps/v1',
    time: '2026-11-01T00:00:00Z',
    fieldsV1: { 'f:spec': { 'f:paused': {} } },
    ...changes,
  }
}

/** As it is remembered after we have applied it. */
export function entryOf(source: KubernetesObject, changes: Partial<InventoryEntry> = {}): InventoryEntry {
  return { ...recordOf(liveOf(source), appliedHash(source)), ...changes }
}

export function idOf(kind: string, name: string, { group = '', namespace: space = 'demo' } = {}): ObjectId {
  return { group, kind, ...(space === '' ? {} : { namespace: space }), name }
}
