import { type MergeDecision, decideMerge, explainMerge } from '../../core/automerge/decide.ts'
import { policyCheckName } from '../../core/automerge/policy-check-name.ts'
import { policyCheck } from '../../core/automerge/policy-check.ts'
import { remedyFor } from '../../core/automerge/remedy.ts'
import type { ReasonKind } from '../../core/automerge/rules.ts'
import { writeCheck } from '../../io/github/checks.ts'
import { mergePull } from '../../io/github/pulls.ts'
import { doubtReleases, rewriteRelease } from '../../io/store/releases.ts'
import type { Deps } from '../deps.ts'
import { formatPullKey, journeys, parsePullKey, type Pull } from '../keys.ts'
import { type GatheredMerge, gatherMerge } from './automerge-facts.ts'

const mergeabilityMs = 5_000

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
  const { octokit, repository, state, facts } = gathered
  const check = policyCheck(decision, explainMerge(facts))
  if (check !== undefined) {
    await writeCheck(octokit, repository.name, state.policyRun, { name: policyCheckName, head: facts.pull.head, check })
  }
  switch (decision.do) {
    case 'merge': {
      const outcome = await mergePull(octokit, repository.name, pull.number, decision)
      deps.log.info({ repository: repository.name, pull: pull.number, outcome }, 'merge asked for')
      return
    }
    case 'finish':
      // The release journey clears the branch away, and learns what a person's "no" was about.
      await doubtReleases(deps.database, pull.repository)
      return deps.jobs.ask(journeys.release, `${pull.repository}`)
    case 'wait':
      return remedy(deps, pull, gathered, decision.because.kind)
    case 'block':
    case 'leave':
      return
  }
}

async function remedy(deps: Deps, pull: Pull, { facts }: GatheredMerge, because: ReasonKind): Promise<void> {
  switch (remedyFor(because)) {
    case 'look-again-soon':
      return deps.jobs.ask(journeys.automerge, formatPullKey(pull), { afterMs: mergeabilityMs })
    case 'write-anew':
      await rewriteRelease(deps.database, pull.repository, facts.pull.headBranch)
      return deps.jobs.ask(journeys.release, `${pull.repository}`)
    case 'plan-again':
      return deps.jobs.ask(journeys.release, `${pull.repository}`)
    case undefined:
      return
  }
}

function reason(decision: MergeDecision): string | undefined {
  return decision.do === 'wait' || decision.do === 'block' ? decision.because.kind : undefined
}
