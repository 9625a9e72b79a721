import type { Client } from '../../io/github/client.ts'
import { type Configuration, clusterNamed } from '../../core/config/configuration.ts'
import { type ClusterName, type RepoId, parseRepoId } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { type ReleaseGroup, groupChanges } from '../../core/release/group.ts'
import { keptChanges, obsoleteGroups } from '../../core/release/obsolete.ts'
import { UserError } from '../../core/user-error.ts'
import { type KnownRelease, readReleases } from '../../io/store/releases.ts'
import type { Deps } from '../deps.ts'
import { type ReadRepository, currentRepository } from './reading.ts'
import { planOf } from './release-plan.ts'
import { publishGroup } from './release-publish.ts'
import { withdrawGroup } from './release-withdraw.ts'

/** What the steps of one release share. */
export type ReleaseContext = {
  readonly deps: Deps
  readonly octokit: Client
  readonly repository: ReadRepository
  readonly configuration: Configuration
}

/** `again`: somebody pushed in between; what was seen is no longer so. */
export type StepOutcome = 'done' | 'again'

const attempts = 5

/** Brings branches and pull requests of one repository to what today's plan says; a plan that is carried out costs nothing. */
export async function release(deps: Deps, key: string): Promise<void> {
  const id = guaranteed(parseRepoId(key))
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if ((await attemptRelease(deps, id)) === 'done') return
  }
  throw new Error(`repository ${id} moved ${attempts} times while it was being released`)
}

async function attemptRelease(deps: Deps, id: RepoId): Promise<StepOutcome> {
  const repository = await currentRepository(deps, id)
  // The merged configuration is the consent: without one, and with a broken one, nothing is released.
  if (repository?.configuration?.ok !== true) return 'done'
  const configuration = repository.configuration.value
  const plan = await planOf(deps, repository, configuration)
  const known = await readReleases(deps.database, id)
  const past = known.map((release) => release.group)
  const ruleOf = (cluster: ClusterName) => clusterNamed(configuration, cluster)?.release.group ?? 'image'
  const groups = groupChanges([...plan.changes, ...keptChanges(past, plan)], ruleOf)
  const log = deps.log.child({ repository: repository.name })
  log.info({ changes: plan.changes.length, skipped: plan.skipped.length, problems: plan.problems }, 'release planned')

  const octokit = await deps.github.as({ installation: repository.installation, repository: id, profile: 'release' })
  const context: ReleaseContext = { deps: { ...deps, log }, octokit, repository, configuration }
  return carryOutAll([
    ...groups.map((group) => () => publishGroup(context, group, knownOf(known, group))),
    ...obsoleteGroups(past, groups, plan).map((group) => () => withdrawGroup(context, group)),
  ])
}

/** One group that fails keeps no other from being released; then the job fails with what a later try may mend. */
async function carryOutAll(steps: readonly (() => Promise<StepOutcome>)[]): Promise<StepOutcome> {
  const failures: unknown[] = []
  for (const step of steps) {
    try {
      if ((await step()) === 'again') return 'again'
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures.find((failure) => !(failure instanceof UserError)) ?? failures[0]
  return 'done'
}

function knownOf(known: readonly KnownRelease[], group: ReleaseGroup): KnownRelease | undefined {
  return known.find((release) => release.group.branch === group.branch)
}
