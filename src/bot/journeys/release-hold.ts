import { clusterNamed } from '../../core/config/configuration.ts'
import type { ClusterName } from '../../core/ids.ts'
import { heldBecause } from '../../core/release/max-open.ts'
import { type KnownRelease, keepRelease } from '../../io/store/releases.ts'
import type { ReleaseContext, StepOutcome } from './release-steps.ts'

/** A release that may open no pull request yet is kept with its reason, and since when it waits: nothing of it is lost. */
export async function holdRelease(context: ReleaseContext, release: KnownRelease): Promise<StepOutcome> {
  const { deps, repository } = context
  const { branch, cluster } = release.group
  const because = heldBecause(cluster, maxOpenOf(context, cluster))
  const since = release.held?.since ?? deps.now().getTime()
  await keepRelease(deps.database, repository.id, { ...release, settledAt: undefined, held: { since, because } })
  if (release.held === undefined) deps.log.info({ branch, because }, 'release waits for its place')
  return 'done'
}

/** Of a cluster that has left the configuration nothing is planned. */
export function maxOpenOf({ configuration }: ReleaseContext, cluster: ClusterName): number {
  return (clusterNamed(configuration, cluster)?.release ?? configuration.release).maxOpen
}
