import type { JsonObject } from '../../../src/core/json.ts'
import type { KubernetesObject, WantedObject } from '../../../src/core/manifest/kubernetes-object.ts'

type Kind = readonly [apiVersion: string, kind: string]

export function object([apiVersion, kind]: Kind, name: string, rest: JsonObject = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name, namespace: 'demo' }, ...rest }
}

export function clusterWide([apiVersion, kind]: Kind, name: string, rest: JsonObject = {}): KubernetesObject {
  return { apiVersion, kind, metadata: { name }, ...rest }
}

export const kinds = {
  configMap: ['v1', 'ConfigMap'],
  secret: ['v1', 'Secret'],
  namespace: ['v1', 'Namespace'],
  service: ['v1', 'Service'],
  claim: ['v1', 'PersistentVolumeClaim'],
  volume: ['v1', 'PersistentVolume'],
  deployment: ['apps/v1', 'Deployment'],
  statefulSet: ['apps/v1', 'StatefulSet'],
  job: ['batch/v1', 'Job'],
  crd: ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  role: ['rbac.authorization.k8s.io/v1', 'Role'],
  clusterRole: ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  roleBinding: ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
  clusterRoleBinding: ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
} as const satisfies Record<string, Kind>

export function wanted(object: KubernetesObject, line = 1): WantedObject {
  return { object, at: { file: 'clusters/production/all.yaml', line, column: 1 } }
}

export function configMap(name: string, data: JsonObject): KubernetesObject {
  return object(kinds.configMap, name, { data })
}

/** `values` as people mean them. */
export function secret(name: string, values: Readonly<Record<string, string>>): KubernetesObject {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')])
  return object(kinds.secret, name, { type: 'Opaque', data: Object.fromEntries(data) })
}

export function deployment(name: string, replicas: number, env: readonly JsonObject[] = []): KubernetesObject {
  return object(kinds.deployment, name, {
    spec: { replicas, template: { spec: { containers: [{ name: 'web', image: 'web:1.2.0', env }] } } },
  })
}
