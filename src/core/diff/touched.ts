import { isIn } from '../config/cluster-path.ts'
import type { Configuration } from '../config/configuration.ts'
import type { ClusterName } from '../ids.ts'

/** GitHub lists at most 3,000 files of a pull request; of the others nobody knows where they are. */
export type ChangedFiles = { readonly paths: readonly string[]; readonly complete: boolean }

/**
 * The clusters in whose folder a file is changed, in the order of the configuration. A renamed file is changed at both
 * its paths. Where the list is not complete, it may be any. What lies in `.github` belongs to no cluster.
 */
export function touchedClusters(configuration: Configuration, files: ChangedFiles): readonly ClusterName[] {
  const manifests = files.paths.filter((file) => !isIn(file, '.github'))
  return Object.entries(configuration.clusters).flatMap(([name, { path }]) =>
    !files.complete || manifests.some((file) => isIn(file, path)) ? [name as ClusterName] : [],
  )
}
