import type { Client } from '../../io/github/client.ts'
import type { Configuration } from '../../core/config/configuration.ts'
import type { CommitSha } from '../../core/ids.ts'
import { type ReleaseGroup, sameWish } from '../../core/release/group.ts'
import { UserError } from '../../core/user-error.ts'
import type { KnownRelease } from '../../io/store/releases.ts'
import type { Deps } from '../deps.ts'
import type { ReadRepository } from './reading.ts'

/** What the steps of one release share. */
export type ReleaseContext = {
  readonly deps: Deps
  readonly octokit: Client
  readonly repository: ReadRepository
  readonly configuration: Configuration
}

/** `again`: somebody pushed in between; what was seen is no longer so. */
export type StepOutcome = 'done' | 'again'

export type Step = () => Promise<StepOutcome>

/**
 * One group that fails keeps no other from being released; then the job fails with what a later try may mend. What would
 * stop the others too is the end.
 */
export async function carryOutAll(
  steps: readonly Step[],
  { stopsAll = () => false }: { readonly stopsAll?: (error: unknown) => boolean } = {},
): Promise<StepOutcome> {
  const failures: unknown[] = []
  for (const step of steps) {
    try {
      if ((await step()) === 'again') return 'again'
    } catch (error) {
      failures.push(error)
      if (stopsAll(error)) break
    }
  }
  if (failures.length > 0) throw failures.find((failure) => !(failure instanceof UserError)) ?? failures[0]
  return 'done'
}

export function knownOf(known: readonly KnownRelease[], group: ReleaseGroup): KnownRelease | undefined {
  return known.find((release) => release.group.branch === group.branch)
}

/** Whether all that is planned of it was found carried out, and nobody has doubted it since. */
export function isInOrder(known: KnownRelease | undefined, planned: ReleaseGroup, head: CommitSha): boolean {
  return known !== undefined && known.settledAt === head && known.next === undefined && sameWish(known.group, planned)
}
