import { type Json, type JsonObject, isJsonObject, jsonAt } from '../../core/json.ts'
import type { KubernetesObject } from '../../core/manifest/kubernetes-object.ts'
import type { LiveMetadata, ManagedFields } from '../../core/sync/live-metadata.ts'
import { KubernetesError } from './errors.ts'
import type { KubernetesKind } from './kind.ts'

/** The metadata of an object, of which nothing else is looked at. Its kind is said apart: a PartialObjectMetadata does not. */
export function readMetadata(kind: KubernetesKind, object: Json): LiveMetadata {
  const metadata = jsonAt(object, 'metadata')
  const text = (key: string): string | undefined => {
    const value = jsonAt(metadata, key)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const always = (key: string): string => text(key) ?? notAnObject(kind, `without metadata.${key}`)
  const namespace = text('namespace')
  const generation = jsonAt(metadata, 'generation')
  const deletionTimestamp = text('deletionTimestamp')
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name: always('name'),
    uid: always('uid'),
    resourceVersion: always('resourceVersion'),
    ...(typeof generation === 'number' ? { generation } : {}),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    finalizers: listOf(jsonAt(metadata, 'finalizers')).filter((finalizer) => typeof finalizer === 'string'),
    labels: textsOf(jsonAt(metadata, 'labels')),
    annotations: withoutLastApplied(textsOf(jsonAt(metadata, 'annotations'))),
    managedFields: listOf(jsonAt(metadata, 'managedFields')).map(readManagedFields),
  }
}

/** The whole object. */
export function readObject(kind: KubernetesKind, object: Json): KubernetesObject {
  const metadata = jsonAt(object, 'metadata')
  const name = jsonAt(metadata, 'name')
  if (!isJsonObject(object) || !isJsonObject(metadata) || typeof name !== 'string')
    return notAnObject(kind, 'without a name')
  const namespace = jsonAt(metadata, 'namespace')
  const annotations = isJsonObject(metadata['annotations'])
    ? { annotations: withoutLastApplied(metadata['annotations']) }
    : {}
  return {
    ...object,
    // In a list and in some replies they are left out.
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: { ...metadata, name, ...(typeof namespace === 'string' ? { namespace } : {}), ...annotations },
  } as KubernetesObject
}

/** Of a Secret, it holds the values. */
function withoutLastApplied<T extends JsonObject>(annotations: T): Omit<T, typeof lastApplied> & JsonObject {
  const { [lastApplied]: _, ...others } = annotations
  return others
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

function readManagedFields(entry: Json): ManagedFields {
  const text = (key: string): string | undefined => {
    const value = jsonAt(entry, key)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const subresource = text('subresource')
  const time = text('time')
  return {
    manager: text('manager') ?? '',
    operation: text('operation') === 'Apply' ? 'Apply' : 'Update',
    apiVersion: text('apiVersion') ?? '',
    ...(subresource === undefined ? {} : { subresource }),
    ...(time === undefined ? {} : { time }),
    fieldsV1: jsonAt(entry, 'fieldsV1') ?? {},
  }
}

function textsOf(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {}
  const texts = Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  return Object.fromEntries(texts)
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

/** The empty text where there is none. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function notAnObject(kind: KubernetesKind, what: string): never {
  throw new KubernetesError(`the API server answered with a ${kind.kind} ${what}`, { class: 'bad-answer' })
}
