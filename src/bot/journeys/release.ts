import { type Configuration, clusterNamed } from '../../core/config/configuration.ts'
import { type ClusterName, type RepoId, parseRepoId } from '../../core/ids.ts'
import { guaranteed } from '../../core/parsed.ts'
import { type ReleaseGroup, groupChanges } from '../../core/release/group.ts'
import { keptChanges, obsoleteGroups } from '../../core/release/obsolete.ts'
import { type KnownRelease, readReleases } from '../../io/store/releases.ts'
import type { Deps } from '../deps.ts'
import { currentRepository } from './reading.ts'
import { commitGroups } from './release-commit.ts'
import { openGroups } from './release-openings.ts'
import { waitsForQuiet } from './release-pace.ts'
import { planOf } from './release-plan.ts'
import { publishGroup } from './release-publish.ts'
import { type ReleaseContext, type StepOutcome, carryOutAll, isInOrder, knownOf } from './release-steps.ts'
import { isLeft, withdrawGroup } from './release-withdraw.ts'
import { withoutRemembered } from './release-words.ts'

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
  // Nothing to carry out, now or before: not even a token is asked for.
  if (groups.length === 0 && known.length === 0) return 'done'

  const octokit = await deps.github.as({ installation: repository.installation, repository: id, profile: 'release' })
  const context: ReleaseContext = { deps: { ...deps, log }, octokit, repository, configuration }
  return carryOutAll([
    // First, because of what people have said in their pull requests.
    ...obsoleteGroups(past, groups, plan)
      .filter((group) => !isLeft(knownOf(known, group), repository.head))
      .map((group) => () => withdrawGroup(context, group)),
    async () => releaseGroups(context, await withoutRemembered(context, groups), known),
  ])
}

async function releaseGroups(
  context: ReleaseContext,
  groups: readonly ReleaseGroup[],
  known: readonly KnownRelease[],
): Promise<StepOutcome> {
  const [proposed, committed] = byRule(context.configuration, groups)
  return carryOutAll([
    ...proposed.map((group) => () => updateGroup(context, group, knownOf(known, group))),
    // When it is known which pull requests are open.
    () => openGroups(context, proposed),
    // Last, because the default branch moves with it.
    () => commitGroups(context, committed, known),
  ])
}

/** Those that go by pull requests, and those that go to the default branch itself. */
function byRule(
  configuration: Configuration,
  groups: readonly ReleaseGroup[],
): readonly [readonly ReleaseGroup[], readonly ReleaseGroup[]] {
  const commits = ({ cluster }: ReleaseGroup): boolean =>
    clusterNamed(configuration, cluster)?.release.merge === 'commit'
  return [groups.filter((group) => !commits(group)), groups.filter(commits)]
}

/** A group whose pull request is open, as far as the store knows. Should it not be, it opens like all others. */
async function updateGroup(
  context: ReleaseContext,
  group: ReleaseGroup,
  known: KnownRelease | undefined,
): Promise<StepOutcome> {
  if (known?.open !== true || isInOrder(known, group, context.repository.head)) return 'done'
  if (await waitsForQuiet(context, group, known)) return 'done'
  return publishGroup(context, group, { known, mayOpen: false })
}
