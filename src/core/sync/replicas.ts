import { type JsonObject, isJsonObject, jsonAt } from '../json.ts'
import {
  type KubernetesObject,
  type WantedObject,
  formatObjectId,
  groupOf,
  textAt,
} from '../manifest/kubernetes-object.ts'
import { holds } from './field-set.ts'
import type { LiveMetadata } from './live-metadata.ts'
import { isOwn } from './ownership.ts'

/** The workloads that a HorizontalPodAutoscaler among the objects scales, by `formatObjectId`. */
export function autoscaled(objects: readonly WantedObject[]): ReadonlySet<string> {
  return new Set(
    objects
      .map(({ object }) => object)
      .filter(({ apiVersion, kind }) => groupOf(apiVersion) === 'autoscaling' && kind === 'HorizontalPodAutoscaler')
      .flatMap(targetOf),
  )
}

/**
 * Leaves the count of replicas to the autoscaler, once that has written it. Not before: while we alone own it, to leave it
 * out is to have one replica.
 */
export function withoutOwnedReplicas(body: KubernetesObject, live: LiveMetadata): KubernetesObject {
  const spec = body['spec']
  const owned = live.managedFields.some((entry) => !isOwn(entry) && holds(entry.fieldsV1, ['f:spec', 'f:replicas']))
  if (!owned || !isJsonObject(spec)) return body
  const { replicas: _replicas, ...others } = spec
  return { ...body, spec: others }
}

function targetOf({ spec, metadata }: KubernetesObject): readonly string[] {
  const target: JsonObject | undefined = isJsonObject(spec) ? objectAt(spec, 'scaleTargetRef') : undefined
  const [apiVersion, kind, name] = ['apiVersion', 'kind', 'name'].map((key) => textAt(target, key))
  const { namespace } = metadata
  if (apiVersion === undefined || kind === undefined || name === undefined || namespace === undefined) return []
  return [formatObjectId({ group: groupOf(apiVersion), kind, namespace, name })]
}

function objectAt(object: JsonObject, key: string): JsonObject | undefined {
  const value = jsonAt(object, key)
  return isJsonObject(value) ? value : undefined
}
