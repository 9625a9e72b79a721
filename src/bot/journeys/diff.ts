import { diffCheck } from '../../core/diff/check.ts'
import { diffCheckName } from '../../core/diff/check-name.ts'
import { formatDiffComment, isWorthAComment } from '../../core/diff/comment.ts'
import { type DiffDecision, decideDiff, outcomeOf } from '../../core/diff/decide.ts'
import type { ClusterOutcome } from '../../core/diff/outcome.ts'
import { mayBeToldLater } from '../../core/diff/verdict.ts'
import { writeCheck } from '../../io/github/checks.ts'
import { writeComment } from '../../io/github/comments.ts'
import {
  type KnownLiveDiff,
  type SeenPull,
  forgetPull,
  keepDiffComment,
  keepLiveDiff,
  readDiffPull,
  readLiveDiffs,
  settlePull,
  unsettlePull,
} from '../../io/store/diffs.ts'
import { openPulls } from '../../io/store/releases.ts'
import { readRepository } from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import { journeys, parsePullKey } from '../keys.ts'
import { type DiffContext, currentlySeen, diffFacts, lookAtPull } from './diff-facts.ts'
import { clustersWithAgents } from './head-moved.ts'

/** What a pull request would change in each live cluster: agents are asked, and what they tell is shown. */
export async function diff(deps: Deps, key: string): Promise<void> {
  const pull = parsePullKey(key)
  const known = await readDiffPull(deps.database, pull)
  const context = known === undefined ? undefined : await contextOf(deps, pull)
  if (known === undefined || context === undefined) return
  const seen = currentlySeen(known) ?? (await lookAtPull(context, known))
  const isAsked = clustersWithAgents(context.configuration).length > 0
  if (seen === undefined || !isAsked) return forgetPull(deps.database, pull)
  const lives = await readLiveDiffs(deps.database, pull)
  const decisions = decideDiff(await diffFacts(context, seen, lives))
  deps.log.info({ repository: context.repository.name, pull: pull.number, decisions: words(decisions) }, 'diff decided')
  await carryOut(context, { seen, lives, decisions })
  await settlePull(deps.database, pull, known.doubts)
  // Whatever the release waited for may be known now.
  const releases = await openPulls(deps.database, pull.repository)
  if (releases.includes(pull.number)) await deps.jobs.ask(journeys.automerge, key)
}

/** undefined: nobody knows whom to ask. */
async function contextOf(deps: Deps, pull: DiffContext['pull']): Promise<DiffContext | undefined> {
  const repository = await readRepository(deps.database, pull.repository)
  if (repository === undefined || repository.archived || repository.configuration?.ok === false) return undefined
  const configuration = repository.configuration?.value
  if (configuration === undefined) {
    await forgetPull(deps.database, pull)
    return undefined
  }
  const { installation, id } = repository
  const octokit = await deps.github.as({ installation, repository: id, profile: 'diff' })
  return { deps, octokit, repository, configuration, pull }
}

type Decided = {
  readonly seen: SeenPull
  readonly lives: readonly KnownLiveDiff[]
  readonly decisions: readonly DiffDecision[]
}

async function carryOut(context: DiffContext, { seen, lives, decisions }: Decided): Promise<void> {
  await unsettlePull(context.deps.database, context.pull)
  for (const decision of decisions) {
    const live = lives.find(({ cluster, head }) => cluster === decision.cluster && head === seen.head)
    await carryOutCluster(context, { seen, live, decision })
  }
  await say(context, { seen, lives, decisions })
}

type Step = {
  readonly seen: SeenPull
  readonly live: KnownLiveDiff | undefined
  readonly decision: DiffDecision
}

async function carryOutCluster(context: DiffContext, { seen, live, decision }: Step): Promise<void> {
  const outcome = outcomeOf(decision)
  if (outcome === undefined) return
  const { deps, octokit, repository, pull } = context
  const { cluster } = decision
  const { head, base } = seen
  const askedAt = ask(context, { seen, live, decision })
  const asked = { cluster, head, base, askedAt: askedAt ?? live?.askedAt }
  // Before the question: its answer counts only while it is known that somebody asked.
  await keepLiveDiff(deps.database, pull, { ...asked, run: live?.run })
  if (askedAt !== undefined) {
    deps.agents.sessionOf(repository.id, cluster)?.say({ kind: 'diff', pull: pull.number, base, head })
  }
  const check = { name: diffCheckName(cluster), head, check: diffCheck(outcome) }
  const run = await writeCheck(octokit, repository.name, live?.run, check)
  await keepLiveDiff(deps.database, pull, { ...asked, run })
}

/** An agent that has not answered for so long may have lost the question. */
const askAgainMs = 10 * 60_000
/** What kept an answer from being whole, as a webhook or git that was away, may be over. Until it is, the answer stays. */
const tryAgainMs = 30 * 60_000

/** When the agent is asked now; undefined: it is not. */
function ask({ deps, repository }: DiffContext, { seen, live, decision }: Step): Date | undefined {
  const session = deps.agents.sessionOf(repository.id, decision.cluster)
  const patienceMs = patienceWith(decision)
  if (session === undefined || patienceMs === undefined) return undefined
  const now = deps.now()
  const askedAt = live?.base === seen.base ? live.askedAt?.getTime() : undefined
  if (askedAt === undefined || now.getTime() - askedAt >= patienceMs) return now
  // Whoever comes back is asked at once for what is not told at all.
  return !isToldInPart(decision) && askedAt < session.since.getTime() ? now : undefined
}

/** How long ago the last question may be; undefined: there is none to be asked. */
function patienceWith(decision: DiffDecision): number | undefined {
  if (decision.do === 'ask') return askAgainMs
  return decision.do === 'tell' && mayBeToldLater(decision.outcome) ? tryAgainMs : undefined
}

function isToldInPart(decision: DiffDecision): boolean {
  return decision.do === 'tell' && decision.outcome.kind === 'told'
}

/**
 * One comment, edited in place. While somebody is still asked it stays as it is: it names the head that it speaks of. But
 * an agent that is silent for long keeps back no longer what others have said.
 */
async function say(context: DiffContext, { seen, lives, decisions }: Decided): Promise<void> {
  const { deps, octokit, repository, pull } = context
  const { head } = seen
  const clusters = decisions.flatMap((decision): readonly ClusterOutcome[] => {
    const outcome = outcomeOf(decision)
    return outcome === undefined || outcome.kind === 'untouched' ? [] : [{ cluster: decision.cluster, outcome }]
  })
  const silent = new Set(lives.filter((live) => isOverdue(context, seen, live)).map(({ cluster }) => cluster))
  if (clusters.some(({ cluster, outcome }) => outcome.kind === 'pending' && !silent.has(cluster))) return
  const earlier = (await readDiffPull(deps.database, pull))?.comment
  if (earlier === undefined && !isWorthAComment(clusters)) return
  const body = formatDiffComment({ head, clusters })
  if (earlier?.body === body) return
  const id = await writeComment(octokit, repository.name, pull.number, { earlier, body })
  if (id !== undefined) return keepDiffComment(deps.database, pull, { id, body })
  deps.log.info({ repository: repository.name, pull: pull.number }, 'diff said in its checks only: no comment is taken')
}

function isOverdue({ deps }: DiffContext, { head, base }: SeenPull, live: KnownLiveDiff): boolean {
  const { askedAt } = live
  if (askedAt === undefined || live.head !== head || live.base !== base) return false
  return deps.now().getTime() - askedAt.getTime() >= askAgainMs
}

function words(decisions: readonly DiffDecision[]): Readonly<Record<string, string>> {
  return Object.fromEntries(decisions.map((decision) => [decision.cluster, decision.do]))
}
