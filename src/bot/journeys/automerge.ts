import { type MergeDecision, decideMerge, explainMerge } from '../../core/automerge/decide.ts'
import { policyCheckName } from '../../core/automerge/policy-check-name.ts'
import type { MergeFacts } from '../../core/automerge/facts.ts'
import { policyCheck, refusedMergeCheck } from '../../core/automerge/policy-check.ts'
import { type Remedy, remedyFor } from '../../core/automerge/remedy.ts'
import { clusterOfBranch } from '../../core/release/group.ts'
import { type Check, writeCheck } from '../../io/github/checks.ts'
import { mergePull } from '../../io/github/pulls.ts'
import { doubtReleases, noteOpen, readRelease, rewriteRelease } from '../../io/store/releases.ts'
import { Transient } from '../../core/transient.ts'
import type { Deps } from '../deps.ts'
import { formatPullKey, journeys, parsePullKey, type Pull } from '../keys.ts'
import { type GatheredMerge, gatherMerge } from './automerge-facts.ts'
import { configurationCheck } from './configuration-check.ts'

type Merge = Extract<MergeDecision, { do: 'merge' }>

const lookAgainMs = 5_000

/** One pull request is looked at: its check says what holds, and it is merged when all of it does. */
export async function automerge(deps: Deps, key: string): Promise<void> {
  const pull = parsePullKey(key)
  const gathered = await gatherMerge(deps, pull)
  if (gathered === undefined) return
  const decision = decideMerge(gathered.facts)
  deps.log.info(
    { repository: gathered.repository.name, pull: pull.number, decision: decision.do, because: reason(decision) },
    'merge decided',
  )
  await carryOut(deps, pull, gathered, decision)
}

async function carryOut(deps: Deps, pull: Pull, gathered: GatheredMerge, decision: MergeDecision): Promise<void> {
  const { facts } = gathered
  const configuration = decision.do === 'leave' ? await configurationCheck(gathered) : undefined
  await say(gathered, configuration ?? policyCheck(decision, explainMerge(facts)))
  switch (decision.do) {
    case 'merge':
      return merge(deps, pull, gathered, decision)
    case 'finish':
      return finish(deps, pull)
    case 'wait':
    case 'block':
      await takeIn(deps, pull, facts)
      return mend(deps, pull, facts, remedyFor(facts, decision))
    case 'leave':
      // Ours, and a person has written its text anew: what we know of it tells that it is a release.
      if (facts.pull.state !== 'open' && (await isKnownAsOpen(deps, pull, facts))) await finish(deps, pull)
      return
  }
}

/** The release journey clears the branch away, and learns what a "no" was about. */
async function finish({ database, jobs }: Deps, { repository }: Pull): Promise<void> {
  await doubtReleases(database, repository)
  await jobs.ask(journeys.release, `${repository}`)
}

async function isKnownAsOpen({ database }: Deps, { repository, number }: Pull, { pull }: MergeFacts): Promise<boolean> {
  const known = pull.headBranch === undefined ? undefined : await readRelease(database, repository, pull.headBranch)
  return known?.open === true && known.pull === number
}

async function say({ octokit, repository, state, facts }: GatheredMerge, check: Check | undefined): Promise<void> {
  if (check === undefined) return
  await writeCheck(octokit, repository.name, state.policyRun, { name: policyCheckName, head: facts.pull.head, check })
}

/** That it is merged comes back as a webhook. A refusal is shown, and asked again with the job's own patience. */
async function merge(deps: Deps, pull: Pull, gathered: GatheredMerge, decision: Merge): Promise<void> {
  const { octokit, repository } = gathered
  const outcome = await mergePull(octokit, repository.name, pull.number, decision)
  deps.log.info({ repository: repository.name, pull: pull.number, outcome }, 'merge asked for')
  if (outcome.kind === 'merged') return
  await say(gathered, refusedMergeCheck(outcome.because))
  throw new Transient(`GitHub refused to merge ${repository.name}#${pull.number}: ${outcome.because}`)
}

async function mend(deps: Deps, pull: Pull, facts: MergeFacts, remedy: Remedy | undefined): Promise<void> {
  switch (remedy) {
    case 'look-again-soon':
      return deps.jobs.ask(journeys.automerge, formatPullKey(pull), { afterMs: lookAgainMs })
    case 'write-anew':
      if (facts.pull.headBranch !== undefined) {
        await rewriteRelease(deps.database, pull.repository, facts.pull.headBranch)
      }
      return deps.jobs.ask(journeys.release, `${pull.repository}`)
    case 'plan-again':
      return deps.jobs.ask(journeys.release, `${pull.repository}`)
    case undefined:
      return
  }
}

/**
 * Open on GitHub, and not as far as the store knows: forgotten by it, or opened again by a person, who means "these tags
 * after all". The release takes it in again, or withdraws it.
 */
async function takeIn({ database, jobs }: Deps, { repository, number }: Pull, { pull }: MergeFacts): Promise<void> {
  const { marker, headBranch: branch } = pull
  const cluster = branch === undefined ? undefined : clusterOfBranch(branch)
  if (marker === undefined || branch === undefined || cluster === undefined) return
  const group = { branch, cluster, of: marker.of, changes: [] }
  if (await noteOpen(database, repository, { group, pull: number })) await jobs.ask(journeys.release, `${repository}`)
}

function reason(decision: MergeDecision): string | undefined {
  return decision.do === 'wait' || decision.do === 'block' ? decision.because.kind : undefined
}
