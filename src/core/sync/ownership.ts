import type { Json, JsonObject } from '../json.ts'
import { splitSet, unionOf } from './field-set.ts'
import type { LiveMetadata, ManagedFields } from './live-metadata.ts'
import { personsAnnotations } from './standstill.ts'

export const fieldManager = 'lotse'

/**
 * Tools by which a person, `kubectl apply` or Flux v1 has written what git says, or what git does not say; `kubectl` alone
 * is an old kubectl, and the one inside fluxd. Deliberately not among them:
 * - `kubectl-rollout`: to take its annotation away would roll all pods once more.
 * - `kubectl-label`, `kubectl-annotate`: they say of an object what git need not know.
 * - `helm-operator`: what it writes on its own is in no repository.
 */
export const humanManagers: readonly string[] = [
  'kubectl-client-side-apply',
  'kubectl-edit',
  'kubectl-set',
  'kubectl-patch',
  'kubectl-create',
  'kubectl-replace',
  'kubectl',
  'fluxd',
  'before-first-apply',
]

/** RFC 6902. */
export type JsonPatch = readonly JsonObject[]

/**
 * Moves what people's tools own into our own entry, so that the next apply removes what git does not say; undefined where
 * there is nothing to move. A changed object is answered with 409, as it is with every write of an old version.
 */
export function takeOver(live: LiveMetadata, humans: readonly string[] = humanManagers): JsonPatch | undefined {
  const own = live.managedFields.find(isOwn)
  const theirs = live.managedFields.filter((entry) => isHuman(entry, humans))
  // Paths mean nothing in another version: entries of one that is neither ours nor the first stay as they are.
  const version = own?.apiVersion ?? theirs[0]?.apiVersion
  const moves = theirs
    .filter(({ apiVersion }) => apiVersion === version)
    .map((entry) => ({ entry, ...splitSet(entry.fieldsV1, notTaken) }))
    .filter(({ outside }) => outside !== undefined)
  if (version === undefined || moves.length === 0) return undefined

  const fieldsV1 = moves.reduce<Json>((set, { outside }) => unionOf(set, outside ?? {}), own?.fieldsV1 ?? {})
  const ours: ManagedFields = { manager: fieldManager, operation: 'Apply', apiVersion: version, ...own, fieldsV1 }
  const others = live.managedFields.flatMap((entry) => {
    if (entry === own) return []
    const move = moves.find((each) => each.entry === entry)
    if (move === undefined) return [entry]
    return move.inside === undefined ? [] : [{ ...entry, fieldsV1: move.inside }]
  })
  return [
    // Not a `test`: that one fails with 422, as a wrong patch does.
    { op: 'replace', path: '/metadata/resourceVersion', value: live.resourceVersion },
    { op: 'replace', path: '/metadata/managedFields', value: [ours, ...others].map(formatEntry) },
  ]
}

/** Who wrote since our last apply, the latest first: the managers to name with a drift. */
export function changedBy({ managedFields }: LiveMetadata): readonly string[] {
  const own = managedFields.find(isOwn)?.time ?? ''
  const rivals = managedFields
    .filter((entry) => !isOwn(entry) && entry.subresource !== 'status' && (entry.time ?? '') >= own)
    .toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''))
  return [...new Set(rivals.map(({ manager }) => manager))]
}

/** Somebody else than us owns the field, by whatever way it was written. */
export function isOwn({ manager, operation, subresource }: ManagedFields): boolean {
  return manager === fieldManager && operation === 'Apply' && subresource === undefined
}

function isHuman({ manager, operation, subresource }: ManagedFields, humans: readonly string[]): boolean {
  return operation === 'Update' && subresource === undefined && humans.includes(manager)
}

/**
 * What stays with whoever owns it, because to own it without saying it is to remove it: a finalizer (a pending deletion would
 * complete), the count of replicas (they would become one), an old `kubectl rollout restart` (all pods would roll), what a
 * person says to us.
 */
const notTaken: readonly (readonly string[])[] = [
  ['f:status'],
  ['f:metadata', 'f:finalizers'],
  ['f:metadata', 'f:ownerReferences'],
  ['f:spec', 'f:replicas'],
  ['f:spec', 'f:volumeName'],
  ['f:spec', 'f:template', 'f:metadata', 'f:annotations', 'f:kubectl.kubernetes.io/restartedAt'],
  ...personsAnnotations.map((key) => ['f:metadata', 'f:annotations', `f:${key}`]),
]

function formatEntry({ manager, operation, apiVersion, subresource, time, fieldsV1 }: ManagedFields): JsonObject {
  return {
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...(subresource === undefined ? {} : { subresource }),
  }
}
