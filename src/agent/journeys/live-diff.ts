import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, type Drift, assembleDiff } from '../../core/diff/assemble.ts'
import type { LiveDiff } from '../../core/diff/live-diff.ts'
import { type AskStep, type DiffPlan, planDiff } from '../../core/diff/plan.ts'
import type { CommitSha } from '../../core/ids.ts'
import { type WantedObject, formatObjectId, objectIdOf } from '../../core/manifest/kubernetes-object.ts'
import { differs } from '../../core/sync/differs.ts'
import { inSyncKey } from '../../core/sync/in-sync-key.ts'
import { appliedHash, isOurs, marked } from '../../core/sync/mark.ts'
import { stagesOf } from '../../core/sync/order.ts'
import { possibleIdsOf } from '../../core/sync/resolve.ts'
import type { Discovery } from '../../io/kubernetes/discovery.ts'
import { KubernetesError } from '../../io/kubernetes/errors.ts'
import type { KubernetesKind } from '../../io/kubernetes/kind.ts'
import { isWholeServer } from '../api-failure.ts'
import type { Deps } from '../deps.ts'
import { kindOf, readLive } from '../live.ts'
import { type Manifests, readManifests } from '../manifests.ts'
import { inParallel } from '../parallel.ts'
import { fetchCommit } from '../repository.ts'
import { lookUpKinds } from '../served-kinds.ts'

export type DiffQuestion = { readonly base: CommitSha; readonly head: CommitSha }

/** Fewer than a sync has: nobody's cluster slows down because somebody opens pull requests. */
const atOnce = 4
const answersWithinMs = 40_000
const mostDrift = 20

/**
 * What the head would change, compared with the base, the commit where its branch left ours. Dry runs only: nothing is ever
 * written, and live Secrets are not looked at.
 */
export async function liveDiff(deps: Deps, question: DiffQuestion, signal: AbortSignal): Promise<LiveDiff> {
  const after = await readSide(deps, question.head, signal)
  const before = await readSide(deps, question.base, signal)
  const { discovery } = after
  // What the head says to ignore stays as it is: it does not go.
  const ignored = new Set(after.manifests.ignored.flatMap(possibleIdsOf).map(formatObjectId))
  const base = before.objects.filter((wanted) => !ignored.has(nameOf(wanted)))
  const plan = planDiff({ base, head: after.objects })
  const enough = AbortSignal.any([signal, AbortSignal.timeout(answersWithinMs)])
  const answers = new Map<AskStep, Answer>()
  const drift: Drift[] = []
  // What is answered in time is told; what is not, is named.
  await Promise.race([
    askAll(deps, discovery, { plan, answers, drift, enough }),
    delay(answersWithinMs, undefined, { signal: enough, ref: false }).catch(() => undefined),
  ])
  return assembleDiff({
    plan,
    answers: new Map(answers),
    drift: [...drift],
    problems: [...after.manifests.problems, ...after.problems],
    pruneBudget: after.manifests.pruneBudget,
  })
}

type Side = {
  readonly objects: readonly WantedObject[]
  readonly problems: Manifests['problems']
  readonly manifests: Manifests
  readonly discovery: Discovery
}

async function readSide(deps: Deps, commit: CommitSha, signal: AbortSignal): Promise<Side> {
  const { repository, settings, memory } = deps
  await fetchCommit(repository, commit, signal)
  // A copy: what only a pull request has is not kept.
  const parsed = new Map(memory.parsed)
  const { cluster, git } = settings
  const manifests = await readManifests({ mirror: repository.mirror, cluster, path: git.path, parsed }, commit, signal)
  const { discovery, resolved } = await lookUpKinds(deps, manifests.wanted, false)
  const { objects, waiting, problems } = resolved
  return { objects: stagesOf([...objects, ...waiting]).flat(), problems, manifests, discovery }
}

type Asking = {
  readonly plan: DiffPlan
  readonly answers: Map<AskStep, Answer>
  readonly drift: Drift[]
  readonly enough: AbortSignal
}

async function askAll(deps: Deps, discovery: Discovery, { plan, answers, drift, enough }: Asking): Promise<void> {
  const limits = { atOnce, goesOn: () => !enough.aborted }
  const steps = plan.steps.filter((step): step is AskStep => step.do === 'ask')
  await inParallel(steps, async (step) => void answers.set(step, await answerTo(deps, discovery, step.after)), limits)
  const suspects = await suspectsAmong(deps, discovery, plan.left)
  await inParallel(
    suspects.slice(0, mostDrift),
    async (wanted) => {
      const found = await driftOf(deps, discovery, wanted)
      if (found !== undefined) drift.push(found)
    },
    limits,
  )
}

async function answerTo(deps: Deps, discovery: Discovery, wanted: WantedObject): Promise<Answer> {
  const kind = kindOfWanted(discovery, wanted)
  if (kind === undefined) return { kind: 'refused', message: 'the cluster does not serve this kind', turn: 'author' }
  try {
    return await ask(deps, kind, wanted)
  } catch (error) {
    if (!(error instanceof KubernetesError) || isWholeServer(error)) throw error
    const { message, help, turn } = error
    return { kind: 'refused', message, turn, ...(help === undefined ? {} : { help }) }
  }
}

async function ask({ kubernetes, id }: Deps, kind: KubernetesKind, { object }: WantedObject): Promise<Answer> {
  const metadata = await kubernetes.getMetadata(kind, object.metadata)
  // Even a dry run of somebody else's object answers with what is in it.
  const owner = metadata === undefined ? 'ours' : isOurs(metadata, id)
  if (owner === 'foreign') return { kind: 'foreign' }
  if (owner === 'other-sync') return { kind: 'refused', message: 'the object belongs to another sync', turn: 'author' }
  const [live, dryRun] = await Promise.all([
    metadata && kubernetes.get(kind, object.metadata),
    kubernetes.dryRun(marked(object, id), kind),
  ])
  return live === undefined ? { kind: 'absent', dryRun } : { kind: 'ours', live, dryRun }
}

/** Of what the pull request leaves alone: what we have applied just so, and what does not look like that any more. */
async function suspectsAmong(
  { kubernetes, selector, memory, inventory }: Deps,
  discovery: Discovery,
  left: readonly WantedObject[],
): Promise<readonly WantedObject[]> {
  const entries = new Map(inventory.known().entries.map((entry) => [formatObjectId(entry.id), entry]))
  const applied = left.flatMap((wanted) => {
    const entry = entries.get(nameOf(wanted))
    const isCurrent = entry?.hash === appliedHash(wanted.object) && wanted.object.kind !== 'Secret'
    return isCurrent ? [{ wanted, id: entry.id, apiVersion: wanted.object.apiVersion, key: entry.key }] : []
  })
  const { live } = await readLive({ kubernetes, selector, narrow: memory.narrow }, discovery, applied)
  return applied.flatMap(({ wanted, key }) => {
    const now = live.get(nameOf(wanted))
    const isGone = now === 'absent'
    return isGone || (typeof now === 'object' && inSyncKey(now) !== key) ? [wanted] : []
  })
}

async function driftOf(deps: Deps, discovery: Discovery, wanted: WantedObject): Promise<Drift | undefined> {
  const answer = await answerTo(deps, discovery, wanted)
  if (answer.kind === 'absent') return { wanted, dryRun: answer.dryRun }
  if (answer.kind !== 'ours' || !differs(answer.live, answer.dryRun)) return undefined
  return { wanted, live: answer.live, dryRun: answer.dryRun }
}

function kindOfWanted(discovery: Discovery, { object }: WantedObject): KubernetesKind | undefined {
  return kindOf(discovery, { id: objectIdOf(object), apiVersion: object.apiVersion })
}

function nameOf({ object }: WantedObject): string {
  return formatObjectId(objectIdOf(object))
}
