import type { ObjectId } from './kubernetes-object.ts'

/** There is no way to approve a deletion yet: whoever means it does it. */
export const byHand = 'it is left: delete it by hand (kubectl delete), when it is meant'

/** Why an object of this kind is never deleted because git no longer names it. undefined: it may be. */
export function whyProtected({ group, kind }: Pick<ObjectId, 'group' | 'kind'>): string | undefined {
  return protectedKinds.has(group === '' ? kind : `${group}/${kind}`)
    ? `deleting a ${kind} can delete data, so ${byHand}`
    : undefined
}

/**
 * A StatefulSet too: its volumes stay or go with it by a field that its metadata does not show, and whoever makes it again
 * under another name does not get them back.
 */
const protectedKinds = new Set([
  'Namespace',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'apiextensions.k8s.io/CustomResourceDefinition',
  'apps/StatefulSet',
])
