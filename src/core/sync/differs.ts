import type { KubernetesObject } from '../manifest/kubernetes-object.ts'

/** Would applying change anything that matters? Without what the server writes itself. */
export function differs(_live: KubernetesObject, _dryRun: KubernetesObject): boolean {
  throw new Error('not yet')
}
