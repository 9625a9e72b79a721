import { type Json, canonicalJson, jsonAt } from '../json.ts'
import { type KubernetesObject, formatObjectId, groupOf, objectIdOf } from '../manifest/kubernetes-object.ts'
import { whyProtected } from '../manifest/protected-kinds.ts'
import type { Danger } from './live-diff.ts'
import { riskyGrants } from './rbac.ts'

/** What git says of an object before and after; without `after` it is deleted. */
export type Change =
  | { readonly before: KubernetesObject; readonly after?: KubernetesObject }
  | { readonly before?: KubernetesObject; readonly after: KubernetesObject }

/** What deserves a second look before merging. Told from git alone, so a Secret's values play no part. */
export function dangersOf(
  changes: readonly Change[],
  { pruneBudget }: { readonly pruneBudget: number },
): readonly Danger[] {
  return [...overBudget(changes, pruneBudget), ...changes.flatMap(dangersOfOne)]
}

function overBudget(changes: readonly Change[], budget: number): readonly Danger[] {
  const deletes = changes.filter(
    ({ before, after }) =>
      after === undefined && before !== undefined && whyProtected(objectIdOf(before)) === undefined,
  ).length
  if (deletes <= budget) return []
  const says = `go from git, more than the prune budget of ${budget}: all of them stay, to be deleted by hand`
  return [{ kind: 'over-prune-budget', object: `${deletes} objects`, says }]
}

function dangersOfOne({ before, after }: Change): readonly Danger[] {
  if (after === undefined) return before === undefined ? [] : lossOf(before)
  const danger =
    (kind: Danger['kind']) =>
    (says: string): Danger => ({ kind, object: nameOf(after), says })
  return [
    ...(before === undefined ? [] : immutableChanges(before, after)).map(danger('immutable-field')),
    ...scaledDown(before, after).map(danger('replicas-to-zero')),
    ...newGrants(before, after).map(danger('wider-rbac')),
  ]
}

type Loss = { readonly type: string; readonly kind: Danger['kind']; readonly says: string }

const losses: readonly Loss[] = [
  {
    type: 'Namespace',
    kind: 'deletes-namespace',
    says: 'stays: deleting the namespace by hand deletes everything in it',
  },
  {
    type: 'apiextensions.k8s.io/CustomResourceDefinition',
    kind: 'deletes-crd',
    says: 'stays: deleting it by hand deletes every resource of its kind, in all namespaces',
  },
  {
    type: 'PersistentVolumeClaim',
    kind: 'deletes-volume',
    says: 'stays: deleting the claim by hand deletes what is stored with most storage classes',
  },
  {
    type: 'PersistentVolume',
    kind: 'deletes-volume',
    says: 'stays: deleting the volume by hand can delete what is stored',
  },
]

function lossOf(before: KubernetesObject): readonly Danger[] {
  return losses
    .filter(({ type }) => type === typeOf(before))
    .map(({ kind, says }) => ({ kind, object: nameOf(before), says }))
}

type ImmutableField = {
  readonly types: readonly string[]
  readonly path: readonly string[]
  /** Part of it that may change all the same. */
  readonly except?: readonly string[]
}

/** Fields that the server refuses to change: the object has to be deleted and created again. */
const immutableFields: readonly ImmutableField[] = [
  { types: ['apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet', 'apps/ReplicaSet'], path: ['spec', 'selector'] },
  { types: ['apps/StatefulSet'], path: ['spec', 'serviceName'] },
  { types: ['apps/StatefulSet'], path: ['spec', 'volumeClaimTemplates'] },
  { types: ['apps/StatefulSet'], path: ['spec', 'podManagementPolicy'] },
  { types: ['Service'], path: ['spec', 'clusterIP'] },
  { types: ['batch/Job'], path: ['spec', 'template'] },
  { types: ['batch/Job'], path: ['spec', 'selector'] },
  {
    types: ['rbac.authorization.k8s.io/RoleBinding', 'rbac.authorization.k8s.io/ClusterRoleBinding'],
    path: ['roleRef'],
  },
  { types: ['PersistentVolumeClaim'], path: ['spec'], except: ['resources', 'volumeAttributesClassName'] },
  { types: ['storage.k8s.io/StorageClass'], path: ['provisioner'] },
  { types: ['storage.k8s.io/StorageClass'], path: ['parameters'] },
  { types: ['Secret'], path: ['type'] },
]

function immutableChanges(before: KubernetesObject, after: KubernetesObject): readonly string[] {
  const type = typeOf(after)
  const fields = immutableFields.filter((field) => field.types.includes(type) && isChanged(field, before, after))
  const frozen = before['immutable'] === true && ['Secret', 'ConfigMap'].includes(type)
  return [
    ...fields.map(
      ({ path }) =>
        `changes ${path.join('.')}, which cannot be changed: delete the object first, or give it another name`,
    ),
    ...(frozen ? ['changes what says that it is immutable: give it another name'] : []),
  ]
}

/** What git does not say, on one side or the other, the server has filled in; it tells with the dry run. */
function isChanged({ path, except = [] }: ImmutableField, before: KubernetesObject, after: KubernetesObject): boolean {
  const [was, is] = [jsonAt(before, ...path), jsonAt(after, ...path)]
  return was !== undefined && is !== undefined && text(was, except) !== text(is, except)
}

function text(value: Json, except: readonly string[]): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return canonicalJson(value)
  return canonicalJson(Object.fromEntries(Object.entries(value).filter(([key]) => !except.includes(key))))
}

function scaledDown(before: KubernetesObject | undefined, after: KubernetesObject): readonly string[] {
  if (before === undefined || jsonAt(after, 'spec', 'replicas') !== 0) return []
  return jsonAt(before, 'spec', 'replicas') === 0 ? [] : ['scales to 0 replicas']
}

function newGrants(before: KubernetesObject | undefined, after: KubernetesObject): readonly string[] {
  const had = new Set(before === undefined ? [] : riskyGrants(before))
  return riskyGrants(after).filter((grant) => !had.has(grant))
}

function nameOf(object: KubernetesObject): string {
  return formatObjectId(objectIdOf(object))
}

/** `apps/Deployment`, `Service` */
function typeOf({ apiVersion, kind }: KubernetesObject): string {
  const group = groupOf(apiVersion)
  return group === '' ? kind : `${group}/${kind}`
}
