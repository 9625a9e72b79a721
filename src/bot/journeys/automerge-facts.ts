import type { Client } from '../../io/github/client.ts'
import { isRelease } from '../../core/automerge/decide.ts'
import { diffFactsOf } from '../../core/automerge/diffs.ts'
import type { DiffFact, MergeFacts, PlanFacts, SettingsFacts } from '../../core/automerge/facts.ts'
import { policyCheckName } from '../../core/automerge/policy-check-name.ts'
import { clusterNamed } from '../../core/config/configuration.ts'
import { decideDiff } from '../../core/diff/decide.ts'
import { formatProblem } from '../../core/parsed.ts'
import { clusterOfBranch } from '../../core/release/group.ts'
import { type MergeState, readMergeState } from '../../io/github/merge-facts.ts'
import { doubtPull, readDiffPull, readLiveDiffs } from '../../io/store/diffs.ts'
import { type KnownRelease, readRelease, seemsClosed } from '../../io/store/releases.ts'
import { type KnownRepository, doubtHead, readRepository } from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { formatPullKey, journeys, type Pull } from '../keys.ts'
import { diffFacts } from './diff-facts.ts'
import { type ReadRepository, currentRepository } from './reading.ts'

export type GatheredMerge = {
  readonly octokit: Client
  readonly repository: KnownRepository
  readonly state: MergeState
  readonly facts: MergeFacts
}

/** One query for all that GitHub knows; the rest is in the store. undefined: repository or pull request are not ours to see. */
export async function gatherMerge(deps: Deps, { repository: id, number }: Pull): Promise<GatheredMerge | undefined> {
  const known = await readRepository(deps.database, id)
  if (known === undefined || known.archived) return undefined
  const { installation } = known
  const octokit = await deps.github.as({ installation, repository: id, profile: 'release' })
  const { appId, bot } = await deps.identity(installation)
  const state = await readMergeState(octokit, known.name, number, { appId, checkName: policyCheckName })
  if (state === undefined) return undefined
  const { pull, base, checks } = state
  const unasked: MergeFacts = {
    now: deps.now(),
    bot,
    pull,
    base,
    checks,
    diffs: [],
    settings: { kind: 'absent' },
    plan: { kind: 'nothing' },
  }
  // What is no release of ours needs no look at the repository.
  if (!isRelease(unasked)) return { octokit, repository: known, state, facts: unasked }
  // Judged by the configuration of the default branch as it is now, also when nobody told us that it has moved.
  if (state.defaultHead !== known.head) await doubtHead(deps.database, id)
  const repository = await currentRepository(deps, id)
  if (repository === undefined) return undefined
  const release = pull.headBranch === undefined ? undefined : await readRelease(deps.database, id, pull.headBranch)
  const diffs = await liveDiffs(deps, repository, state)
  const facts = { ...unasked, diffs, settings: settingsOf(repository, state), plan: planFacts(release, repository) }
  return { octokit, repository, state, facts }
}

/** What the journey of the diff decided about exactly this head. Where it has not looked at it yet, it shall. */
async function liveDiffs(
  deps: Deps,
  repository: ReadRepository,
  { pull: { number, head, headBranch } }: MergeState,
): Promise<readonly DiffFact[]> {
  const configuration = repository.configuration?.ok === true ? repository.configuration.value : undefined
  const cluster = clusterOfBranch(headBranch ?? '')
  if (configuration === undefined || cluster === undefined) return []
  // A release stays within its cluster, so nobody else has to tell anything of it.
  if ((clusterNamed(configuration, cluster)?.agents ?? []).length === 0) return []
  const pull = { repository: repository.id, number }
  const seen = (await readDiffPull(deps.database, pull))?.seen
  if (seen?.head !== head) {
    await doubtPull(deps.database, pull)
    await deps.jobs.ask(journeys.diff, formatPullKey(pull))
    return [{ cluster, state: 'pending' }]
  }
  const lives = await readLiveDiffs(deps.database, pull)
  return diffFactsOf(decideDiff(await diffFacts({ deps, repository, configuration }, seen, lives)))
}

function settingsOf({ configuration }: ReadRepository, { pull }: MergeState): SettingsFacts {
  if (configuration === undefined) return { kind: 'absent' }
  if (!configuration.ok) return { kind: 'broken', problem: formatProblem(configuration.problems[0]) }
  const name = clusterOfBranch(pull.headBranch ?? '')
  const cluster = name === undefined ? undefined : clusterNamed(configuration.value, name)
  return cluster === undefined ? { kind: 'no-such-cluster' } : { kind: 'release', release: cluster.release }
}

/** A plan counts only for the head of the default branch that it was made for. */
function planFacts(release: KnownRelease | undefined, { head }: ReadRepository): PlanFacts {
  if (release === undefined) return { kind: 'nothing' }
  if (seemsClosed(release)) return { kind: 'unknown' }
  if (release.next !== undefined) return { kind: 'outdated' }
  if (release.plannedAt !== head) return { kind: 'unknown' }
  // Looked at, and not written: it was left to a person. Before that, it is only not written yet.
  if (release.problem !== undefined) return { kind: 'refused', problem: release.problem }
  if (release.written === undefined) return { kind: release.settledAt === head ? 'taken-over' : 'unknown' }
  return { kind: 'commit', ...release.written }
}
