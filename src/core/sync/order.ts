import { type ObjectId, type WantedObject, formatObjectId, objectIdOf } from '../manifest/kubernetes-object.ts'

/** Always four, some empty: what makes kinds and places; what others depend on; the rest; what judges or serves others. */
export function stagesOf(objects: readonly WantedObject[]): readonly (readonly WantedObject[])[] {
  const placed = objects
    .map((wanted) => ({ wanted, id: objectIdOf(wanted.object) }))
    .map(({ wanted, id }) => ({ wanted, stage: stageOf(id), text: formatObjectId(id) }))
    .toSorted((a, b) => compareText(a.text, b.text))
  return [0, 1, 2, 3].map((stage) => placed.filter((each) => each.stage === stage).map(({ wanted }) => wanted))
}

/** The reverse of applying, namespaces last of all. */
export function deletionOrder(a: ObjectId, b: ObjectId): number {
  return (
    Number(isNamespace(a)) - Number(isNamespace(b)) ||
    stageOf(b) - stageOf(a) ||
    compareText(formatObjectId(b), formatObjectId(a))
  )
}

export function isNamespace({ group, kind }: ObjectId): boolean {
  return group === '' && kind === 'Namespace'
}

export function isCustomResourceDefinition({ group, kind }: ObjectId): boolean {
  return group === 'apiextensions.k8s.io' && kind === 'CustomResourceDefinition'
}

const dependedOn = new Set([
  'ConfigMap',
  'LimitRange',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'ResourceQuota',
  'Secret',
  'ServiceAccount',
  'gateway.networking.k8s.io/GatewayClass',
  'networking.k8s.io/IngressClass',
  'networking.k8s.io/NetworkPolicy',
  'node.k8s.io/RuntimeClass',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'rbac.authorization.k8s.io/Role',
  'rbac.authorization.k8s.io/RoleBinding',
  'scheduling.k8s.io/PriorityClass',
  'snapshot.storage.k8s.io/VolumeSnapshotClass',
  'storage.k8s.io/StorageClass',
  'bitnami.com/SealedSecret',
])

// Last, because what they call or judge by is among the rest.
const lastGroups = new Set(['admissionregistration.k8s.io', 'apiregistration.k8s.io'])

function stageOf(id: ObjectId): number {
  if (isNamespace(id) || isCustomResourceDefinition(id)) return 0
  if (lastGroups.has(id.group)) return 3
  return dependedOn.has(id.group === '' ? id.kind : `${id.group}/${id.kind}`) ? 1 : 2
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
