import type { KubernetesKind } from './kind.ts'

/** Kinds in the order of the server's preference, and what could not be told. */
export type Served = { readonly kinds: readonly KubernetesKind[]; readonly broken: readonly BrokenGroup[] }

export type BrokenGroup = { readonly group: string; readonly version?: string; readonly because: string }

/** None where a part is missing: an aggregated server may say anything. */
export function servedKind(found: Omit<KubernetesKind, 'apiVersion'>): readonly KubernetesKind[] {
  const { group, version, kind, resource } = found
  if (version === '' || kind === '' || !/^[a-z0-9.-]+$/.test(resource)) return []
  return [{ apiVersion: group === '' ? version : `${group}/${version}`, ...found }]
}
