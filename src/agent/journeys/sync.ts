import { type ObjectId, type WantedObject, formatObjectId, objectIdOf } from '../../core/manifest/kubernetes-object.ts'
import { type Inventory, inventoryAfter } from '../../core/sync/inventory.ts'
import { stagesOf } from '../../core/sync/order.ts'
import { type SyncPlan, planSync } from '../../core/sync/plan.ts'
import { possibleIdsOf } from '../../core/sync/resolve.ts'
import type { SyncProblem } from '../../core/sync/report.ts'
import type { Discovery } from '../../io/kubernetes/discovery.ts'
import type { Deps } from '../deps.ts'
import { problemOfAll } from '../failure.ts'
import { type LiveFacts, readLive } from '../live.ts'
import type { Turn } from '../loop.ts'
import { type Manifests, readManifests } from '../manifests.ts'
import { inParallel } from '../parallel.ts'
import { lookUpKinds, untilServed, type Served } from '../served-kinds.ts'
import { carryOut, waitingForKind } from './carry-out.ts'
import { headToSync } from './head.ts'
import { prune } from './prune.ts'
import { reportOf, reportStop, tell } from './report.ts'
import { type Run, beginRun, explain, note } from './run.ts'

const atOnce = 16

/**
 * Makes the cluster look like the newest commit; a new commit and drift are one question. `again`: something was only a
 * matter of time.
 */
export async function sync(deps: Deps, turn: Turn): Promise<'done' | 'again'> {
  const startedAt = deps.now()
  const { head, unsure } = await headToSync(deps, turn)
  const commit = head.head
  turn.takes(commit)
  const isNews = commit !== deps.memory.lastReport?.commit || turn.trigger === 'command'
  if (isNews) deps.say({ kind: 'started', commit })
  const run = beginRun(turn, commit, startedAt)
  if (unsure !== undefined) run.problems.push(unsure)
  try {
    const manifests = await manifestsAt(deps, run)
    if (manifests.notOurs !== undefined) return refuse(deps, run, manifests.notOurs)
    const applied = await apply(deps, run, manifests)
    if (applied === 'ended') return await leaveOff(deps, run)
    return await finish(deps, run, { ...applied, source: `${head.branch} ${deps.settings.git.path}` })
  } catch (error) {
    if (turn.ends() !== 'stopping') reportStop(deps, run, problemOfAll(error))
    throw error
  }
}

/** What stands as it is stays so, and nothing is remembered of it. Only another commit or other settings change that. */
function refuse(deps: Deps, run: Run, problem: SyncProblem): 'done' {
  reportStop(deps, run, problem)
  return 'done'
}

type Applied = {
  readonly manifests: Manifests
  readonly served: Served
  readonly facts: LiveFacts
  readonly plan: SyncPlan
}

async function apply(deps: Deps, run: Run, manifests: Manifests): Promise<Applied | 'ended'> {
  const { turn } = run
  let known = await deps.inventory.read()
  let served = await lookUpKinds(deps, manifests.wanted, turn.verify)
  if (served.resolved.waiting.length > 0) {
    // What brings the kinds that others wait for goes first, and alone.
    const [first = []] = stagesOf(served.resolved.objects)
    const { plan } = await applyObjects(deps, run, { known, objects: first, discovery: served.discovery })
    if (turn.ends() !== undefined) return 'ended'
    known = withRecords(plan.before, run)
    served = await untilServed(deps, manifests.wanted, turn.ends)
  }
  const { objects, waiting } = served.resolved
  const { plan, facts } = await applyObjects(deps, run, { known, objects, discovery: served.discovery })
  for (const wanted of waiting) note(run, waitingForKind(wanted))
  return turn.ends() === undefined ? { manifests, served, facts, plan } : 'ended'
}

/** A commit says the same for ever. */
async function manifestsAt(deps: Deps, { commit, turn: { signal } }: Run): Promise<Manifests> {
  const { memory, settings, repository } = deps
  if (memory.manifests?.commit === commit) return memory.manifests.manifests
  const { cluster, git } = settings
  const { mirror } = repository
  const manifests = await readManifests({ mirror, cluster, path: git.path, parsed: memory.parsed }, commit, signal)
  memory.manifests = { commit, manifests }
  return manifests
}

type Objects = {
  readonly known: Inventory
  readonly objects: readonly WantedObject[]
  readonly discovery: Discovery
}

/** The inventory names an object before it is applied, so that no kill can make us forget it. */
async function applyObjects(
  deps: Deps,
  run: Run,
  { known, objects, discovery }: Objects,
): Promise<{ readonly plan: SyncPlan; readonly facts: LiveFacts }> {
  const { id, kubernetes, inventory, memory, selector } = deps
  const wanted = objects.map(({ object }) => ({ id: objectIdOf(object), apiVersion: object.apiVersion }))
  const facts = await readLive({ kubernetes, selector, narrow: memory.narrow }, discovery, [
    ...wanted,
    ...known.entries,
  ])
  memory.isStale ||= facts.isStale
  const plan = planSync({ id, objects, inventory: known, live: facts.live, verify: run.turn.verify })
  await inventory.write(plan.before)
  const entries = new Map(known.entries.map((entry) => [formatObjectId(entry.id), entry]))
  const server = { kubernetes, discovery, entryOf: (of: ObjectId) => entries.get(formatObjectId(of)) }
  for (const stage of plan.stages) {
    await inParallel(stage, async (planned) => note(run, await carryOut(server, planned)), {
      atOnce,
      goesOn: () => run.turn.ends() === undefined,
    })
  }
  return { plan, facts }
}

async function finish(
  deps: Deps,
  run: Run,
  { manifests, served, facts, plan, source }: Applied & { readonly source: string },
): Promise<'done' | 'again'> {
  run.problems.push(...manifests.problems, ...served.resolved.problems)
  run.unread = manifests.unread + served.resolved.problems.length
  for (const problem of facts.problems) explain(run, problem)
  const { objects, waiting } = served.resolved
  const pruned = await prune(deps, run, {
    inventory: plan.before,
    discovery: served.discovery,
    wanted: [
      ...[...objects, ...waiting].map(({ object }) => objectIdOf(object)),
      ...manifests.ignored.flatMap(possibleIdsOf),
    ],
    live: facts.live,
    budget: manifests.pruneBudget,
    source,
  })
  if (run.turn.ends() !== undefined) return leaveOff(deps, run)
  const report = reportOf(deps, run)
  await deps.inventory.write(
    inventoryAfter({
      before: plan.before,
      recorded: [...run.records.values()],
      gone: [...run.pruned, ...pruned.forget],
      ...(report.result === 'full' ? { commit: run.commit } : {}),
      source,
      trusted: pruned.trusted,
    }),
  )
  deps.follow(facts.lists)
  tell(deps, report)
  // A kind that went while we looked, as its definition did: to ask anew tells what there is now.
  const isMatterOfTime = deps.memory.isStale || report.problems.some(({ turn }) => turn === 'time')
  return isMatterOfTime ? 'again' : 'done'
}

/** What was done is remembered; the next sync goes on from there. */
async function leaveOff(deps: Deps, run: Run): Promise<'done'> {
  await deps.inventory.write(withRecords(deps.inventory.known(), run))
  deps.log.info({ commit: run.commit, because: run.turn.ends(), objects: run.records.size }, 'sync left off')
  return 'done'
}

function withRecords(before: Inventory, { records, pruned }: Run): Inventory {
  return inventoryAfter({ before, recorded: [...records.values()], gone: pruned, trusted: false })
}
