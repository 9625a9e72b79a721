import { type Json, type JsonObject, isJsonObject, jsonAt } from '../json.ts'
import { type KubernetesObject, groupOf } from '../manifest/kubernetes-object.ts'

/** What git says, without what is the server's or a controller's to say. */
export function asDesired(object: KubernetesObject): KubernetesObject {
  const { status: _status, ...rest } = object
  const desired: KubernetesObject = {
    ...rest,
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: ownMetadata(object),
  }
  return withoutInjectedBundle(withoutAggregatedRules(desired))
}

// Left by `kubectl get -o yaml`: the server would refuse them, or take them for a precondition.
const serversFields = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
])

function ownMetadata({ metadata }: KubernetesObject): KubernetesObject['metadata'] {
  const own = Object.fromEntries(Object.entries(metadata).filter(([key]) => !serversFields.has(key)))
  return { ...own, name: metadata.name }
}

/** A controller fills the rules of an aggregated role; an empty list of ours would empty them each time. */
function withoutAggregatedRules(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'ClusterRole' || groupOf(object.apiVersion) !== 'rbac.authorization.k8s.io') return object
  return isJsonObject(object['aggregationRule']) ? withoutKey(object, 'rules') : object
}

/** cert-manager writes the bundle where it is asked to by annotation. */
function withoutInjectedBundle(object: KubernetesObject): KubernetesObject {
  const annotations = object.metadata['annotations']
  const injected = isJsonObject(annotations) && Object.keys(annotations).some((key) => key.startsWith(injection))
  if (!injected) return object
  const { webhooks, spec } = object
  return {
    ...object,
    ...(Array.isArray(webhooks)
      ? { webhooks: webhooks.map((webhook: Json) => withoutBundle(webhook, 'clientConfig')) }
      : {}),
    ...(isJsonObject(spec)
      ? { spec: withoutBundle(withoutBundle(spec), 'conversion', 'webhook', 'clientConfig') }
      : {}),
  }
}

const injection = 'cert-manager.io/inject-'

function withoutBundle(value: Json, ...[step, ...path]: readonly string[]): Json {
  if (!isJsonObject(value)) return value
  if (step === undefined) return withoutKey(value, 'caBundle')
  const below = jsonAt(value, step)
  return below === undefined ? value : { ...value, [step]: withoutBundle(below, ...path) }
}

function withoutKey<T extends JsonObject>(object: T, dropped: string): T {
  // The key is none of those that T requires.
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== dropped)) as T
}
