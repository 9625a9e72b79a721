import { jsonAt } from '../../core/json.ts'
import { type ConnectionDeps, openConnection } from './connection.ts'
import { createDiscovery } from './discovery.ts'
import type { Kubernetes } from './kubernetes.ts'
import { listMetadata } from './lists.ts'
import { textOf } from './metadata.ts'
import { createObjects } from './objects.ts'
import type { KubernetesSettings } from './settings.ts'
import { watchMetadata } from './watch.ts'

/** Connects when it is asked something. */
export function createKubernetes(settings: KubernetesSettings, deps: ConnectionDeps = {}): Kubernetes {
  const connection = openConnection(settings, deps)
  return {
    ...createObjects(connection),
    discover: createDiscovery(connection),
    listMetadata: (kind, options) => listMetadata(connection, kind, options),
    watchMetadata: (kind, options) => watchMetadata(connection, kind, options),
    version: async () => {
      const answer = await connection.ask({ verb: 'version', method: 'GET', path: '/version' })
      return textOf(jsonAt(answer, 'gitVersion'))
    },
    requests: connection.requests,
    close: connection.close,
  }
}
