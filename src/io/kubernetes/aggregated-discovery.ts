import { type Json, jsonAt } from '../../core/json.ts'
import type { KubernetesKind } from './kind.ts'
import { listOf, textOf } from './metadata.ts'
import { type Served, servedKind } from './served.ts'

/** v2beta1 is for servers before 1.30; one that knows neither (before 1.27) answers the last with what it always had. */
export const asAggregated =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
  'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json'

/** An APIGroupDiscoveryList: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery */
export function readAggregated(list: Json): Served {
  const versions = listOf(jsonAt(list, 'items')).flatMap((item) => {
    const group = textOf(jsonAt(item, 'metadata', 'name'))
    return listOf(jsonAt(item, 'versions')).map((version) => ({ group, version }))
  })
  return {
    kinds: versions.flatMap(({ group, version }) => kindsOf(group, version)),
    broken: versions
      .filter(({ version }) => jsonAt(version, 'freshness') === 'Stale')
      .map(({ group, version }) => ({
        group,
        version: textOf(jsonAt(version, 'version')),
        because: 'the server behind it does not answer the API server',
      })),
  }
}

function kindsOf(group: string, item: Json): readonly KubernetesKind[] {
  const version = textOf(jsonAt(item, 'version'))
  return listOf(jsonAt(item, 'resources')).flatMap((resource) => {
    const found = {
      group,
      version,
      kind: textOf(jsonAt(resource, 'responseKind', 'kind')),
      resource: textOf(jsonAt(resource, 'resource')),
      namespaced: jsonAt(resource, 'scope') === 'Namespaced',
      verbs: listOf(jsonAt(resource, 'verbs')).filter((verb) => typeof verb === 'string'),
    }
    return servedKind(found)
  })
}
