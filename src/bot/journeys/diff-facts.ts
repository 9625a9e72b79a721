import type { Client } from '../../io/github/client.ts'
import type { Configuration } from '../../core/config/configuration.ts'
import { diffCheckName, parseDiffCheckName } from '../../core/diff/check-name.ts'
import { noAgentDiffCheck } from '../../core/diff/check.ts'
import type { AgentFacts, ClusterFacts, DiffFacts } from '../../core/diff/decide.ts'
import { parseDiffMarker } from '../../core/diff/marker.ts'
import { touchedClusters } from '../../core/diff/touched.ts'
import type { ClusterName } from '../../core/ids.ts'
import { writeCheck } from '../../io/github/checks.ts'
import { compareCommits } from '../../io/github/compare.ts'
import { type DiffPull, readDiffPull } from '../../io/github/diff-pull.ts'
import { readPermission } from '../../io/github/permission.ts'
import { type KnownAgent, readAgents } from '../../io/store/agents.ts'
import {
  type KnownDiffPull,
  type KnownLiveDiff,
  type SeenPull,
  keepLiveDiff,
  keepSeenPull,
  readLiveDiffs,
} from '../../io/store/diffs.ts'
import type { KnownRepository } from '../../io/store/repositories.ts'
import type { Deps } from '../deps.ts'
import type { Pull } from '../keys.ts'
import { clustersWithAgents } from './head-moved.ts'

export type DiffContext = {
  readonly deps: Deps
  readonly octokit: Client
  readonly repository: KnownRepository
  readonly configuration: Configuration
  readonly pull: Pull
}

/** Looks at the pull request on GitHub, and keeps what it sees. undefined: it is closed, gone, or goes elsewhere. */
export async function lookAtPull(context: DiffContext, known: KnownDiffPull): Promise<SeenPull | undefined> {
  const { deps, octokit, repository, pull } = context
  const { appId, bot } = await deps.identity(repository.installation)
  const ours = known.comment === undefined ? [] : [known.comment]
  const own = { appId, bot, comments: known.isSettled ? ours : undefined }
  const found = await readDiffPull(octokit, repository.name, pull.number, own)
  if (found === undefined || found.state === 'closed' || !found.intoDefault) return undefined
  const { head, defaultHead } = found
  const comparison = await compareCommits(octokit, repository.name, { base: defaultHead, head })
  if (comparison === undefined) return undefined
  const seen: SeenPull = {
    head,
    base: comparison.mergeBase,
    fromFork: found.fromFork,
    authorMayWrite: await mayWrite(context, found),
    touched: comparison.touched,
    complete: comparison.complete,
    required: found.required.flatMap((name) => parseDiffCheckName(name) ?? []),
  }
  // A person may have edited its marker away; without a store the marker is all that tells.
  const comment =
    found.comments.find(({ id }) => id === known.comment?.id) ??
    found.comments.find(({ body }) => parseDiffMarker(body) !== undefined)
  await keepSeenPull(deps.database, pull, { seen, comment })
  await keepRuns(context, seen, found)
  await endRuns(context, seen, found)
  return seen
}

/** Our own releases are by one who may; of a fork's author nobody needs to know. */
async function mayWrite(
  { deps, octokit, repository }: DiffContext,
  { author, fromFork }: DiffPull,
): Promise<boolean | 'unknown'> {
  if (author === undefined || fromFork) return 'unknown'
  const { bot } = await deps.identity(repository.installation)
  if (author.id === bot) return true
  const answer = await readPermission(octokit, repository.name, author.login)
  return answer?.user === author.id ? answer.permissions.push : 'unknown'
}

/** Check runs that a run before this one wrote before it died are ours to edit. */
async function keepRuns({ deps, configuration, pull }: DiffContext, { head, base }: SeenPull, { runs }: DiffPull) {
  const known = await readLiveDiffs(deps.database, pull)
  for (const cluster of clustersWithAgents(configuration)) {
    const run = runs.get(diffCheckName(cluster))
    if (run === undefined) continue
    const same = known.find((live) => live.cluster === cluster && live.head === head && live.base === base)
    await keepLiveDiff(deps.database, pull, { cluster, head, base, askedAt: same?.askedAt, run })
  }
}

/** A check that waits for an agent which the configuration no longer names would wait for ever. */
async function endRuns({ octokit, repository, configuration }: DiffContext, { head }: SeenPull, { runs }: DiffPull) {
  const asked = new Set(clustersWithAgents(configuration))
  for (const [name, run] of runs) {
    const cluster = parseDiffCheckName(name)
    if (cluster === undefined || asked.has(cluster) || run.conclusion !== undefined) continue
    await writeCheck(octokit, repository.name, run, { name, head, check: noAgentDiffCheck })
  }
}

/** What is decided on, from the store alone. */
export async function diffFacts(
  { deps, repository, configuration }: Pick<DiffContext, 'deps' | 'repository' | 'configuration'>,
  seen: SeenPull,
  lives: readonly KnownLiveDiff[],
): Promise<DiffFacts> {
  const known = await readAgents(deps.database, repository.id)
  const touched = new Set(touchedClusters(configuration, { paths: seen.touched, complete: seen.complete }))
  const { fromFork, authorMayWrite, base, head } = seen
  return {
    pull: { state: 'open', fromFork, authorMayWrite, base, head },
    clusters: Object.keys(configuration.clusters).map((name): ClusterFacts => {
      const cluster = name as ClusterName
      const live = lives.find((each) => each.cluster === cluster && each.head === head)
      return {
        cluster,
        touched: touched.has(cluster),
        agent: agentFacts(deps, repository, { cluster, known }),
        ...(live?.result === undefined ? {} : { known: { base: live.base, head, result: live.result } }),
        checkExpected: live?.run !== undefined || seen.required.includes(cluster),
      }
    }),
  }
}

/** Whether the agent of a cluster can be asked, by this replica. Where the configuration is broken, by the last before it. */
export function agentFacts(
  { agents }: Deps,
  { id, readable }: KnownRepository,
  { cluster, known }: { readonly cluster: ClusterName; readonly known: readonly KnownAgent[] },
): AgentFacts {
  const keys = readable?.clusters[cluster]?.agents
  if (keys === undefined || keys.length === 0) return { kind: 'none' }
  if (agents.sessionOf(id, cluster) !== undefined) return { kind: 'connected' }
  const since = known.find((agent) => agent.cluster === cluster)?.lastSeen
  return { kind: 'offline', ...(since === undefined ? {} : { since }) }
}

/** What was seen of a pull request, if that is still so. */
export function currentlySeen({ isCurrent, seen }: KnownDiffPull): SeenPull | undefined {
  return isCurrent ? seen : undefined
}
