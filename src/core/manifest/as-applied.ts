import { isJsonObject, type Json, jsonAt } from '../json.ts'
import { groupOf, type KubernetesObject } from './kubernetes-object.ts'
import { withEncodedData } from './secret-data.ts'

/** The object without what must not be applied, though it is written in git: what belongs to a server or controller. */
export function asApplied(object: KubernetesObject): KubernetesObject {
  const paths = removals.flatMap(({ from, paths }) => (from(object) ? paths : []))
  // No path takes away what makes it an object.
  return withEncodedData(paths.reduce<Json>(removed, object) as KubernetesObject)
}

type Path = readonly string[]
type Removal = { readonly from: (object: KubernetesObject) => boolean; readonly paths: readonly Path[] }

/** A path leads through lists to each of their items. */
const removals: readonly Removal[] = [
  {
    // `kubectl get -o yaml` writes them, and people commit that.
    from: () => true,
    paths: [
      ['metadata', 'creationTimestamp'],
      ['metadata', 'deletionGracePeriodSeconds'],
      ['metadata', 'deletionTimestamp'],
      ['metadata', 'generation'],
      ['metadata', 'managedFields'],
      ['metadata', 'resourceVersion'],
      ['metadata', 'selfLink'],
      ['metadata', 'uid'],
      ['metadata', 'annotations', 'kubectl.kubernetes.io/last-applied-configuration'],
      ['status'],
    ],
  },
  {
    // Its rules are filled in from other roles; ours would empty them until they are filled in again.
    from: (object) =>
      isOf(object, 'rbac.authorization.k8s.io', ['ClusterRole']) && jsonAt(object, 'aggregationRule') !== undefined,
    paths: [['rules']],
  },
  {
    from: (object) => getsCertificates(object) && isOf(object, 'admissionregistration.k8s.io', webhooks),
    paths: [['webhooks', 'clientConfig', 'caBundle']],
  },
  {
    from: (object) => getsCertificates(object) && isOf(object, 'apiextensions.k8s.io', ['CustomResourceDefinition']),
    paths: [
      ['spec', 'conversion', 'webhook', 'clientConfig', 'caBundle'],
      ['spec', 'conversion', 'webhookClientConfig', 'caBundle'],
    ],
  },
  {
    from: (object) => getsCertificates(object) && isOf(object, 'apiregistration.k8s.io', ['APIService']),
    paths: [['spec', 'caBundle']],
  },
]

const webhooks = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']

function isOf({ apiVersion, kind }: KubernetesObject, group: string, kinds: readonly string[]): boolean {
  return groupOf(apiVersion) === group && kinds.includes(kind)
}

/** Whether cert-manager fills in the `caBundle`. */
function getsCertificates({ metadata }: KubernetesObject): boolean {
  const { annotations } = metadata
  const keys = isJsonObject(annotations) ? Object.keys(annotations) : []
  return keys.some((key) => /^cert-?manager\.(?:io|k8s\.io)\/inject-/.test(key))
}

function removed(value: Json, [step, ...rest]: Path): Json {
  if (step === undefined) return value
  if (Array.isArray(value)) return value.map((item: Json) => removed(item, [step, ...rest]))
  if (!isJsonObject(value) || !Object.hasOwn(value, step)) return value
  const entries = Object.entries(value)
  return Object.fromEntries(
    rest.length === 0
      ? entries.filter(([key]) => key !== step)
      : entries.map(([key, below]) => [key, key === step ? removed(below, rest) : below]),
  )
}
