import { jsonAt } from '../../core/json.ts'
import { asAggregated, readAggregated } from './aggregated-discovery.ts'
import { readClassic } from './classic-discovery.ts'
import type { Connection } from './connection.ts'
import type { KubernetesKind } from './kind.ts'
import type { BrokenGroup, Served } from './served.ts'

/** Which kinds an API server serves, as it said when it was asked. */
export type Discovery = {
  readonly kinds: readonly KubernetesKind[]
  /** Exactly this version of it. */
  readonly find: (apiVersion: string, kind: string) => KubernetesKind | undefined
  /** In the version that the server prefers. */
  readonly kindOf: (group: string, kind: string) => KubernetesKind | undefined
  /** What could not be read, or is stale: a kind of it that is not found may be there all the same. */
  readonly broken: readonly BrokenGroup[]
}

export function createDiscovery(connection: Connection): (options?: { readonly fresh: boolean }) => Promise<Discovery> {
  let known: Discovery | undefined
  let reading: Promise<Discovery> | undefined
  const read = async (): Promise<Discovery> => (known = await readDiscovery(connection))
  return async (options) => {
    if (known !== undefined && options?.fresh !== true) return known
    return (reading ??= read().finally(() => (reading = undefined)))
  }
}

async function readDiscovery(connection: Connection): Promise<Discovery> {
  const [core, named] = await Promise.all([readGroups(connection, '/api'), readGroups(connection, '/apis')])
  return discoveryOf({ kinds: [...core.kinds, ...named.kinds], broken: [...core.broken, ...named.broken] })
}

async function readGroups(connection: Connection, path: '/api' | '/apis'): Promise<Served> {
  const answer = await connection.ask({ verb: 'discover', method: 'GET', path, accept: asAggregated })
  return jsonAt(answer, 'kind') === 'APIGroupDiscoveryList'
    ? readAggregated(answer)
    : readClassic(connection, path, answer)
}

export function discoveryOf({ kinds, broken }: Served): Discovery {
  const exact = new Map<string, KubernetesKind>()
  const preferred = new Map<string, KubernetesKind>()
  for (const kind of kinds) {
    const key = `${kind.apiVersion} ${kind.kind}`
    if (!exact.has(key)) exact.set(key, kind)
    const anyVersion = `${kind.group} ${kind.kind}`
    if (!preferred.has(anyVersion)) preferred.set(anyVersion, kind)
  }
  return {
    kinds,
    broken,
    find: (apiVersion, kind) => exact.get(`${apiVersion} ${kind}`),
    kindOf: (group, kind) => preferred.get(`${group} ${kind}`),
  }
}
